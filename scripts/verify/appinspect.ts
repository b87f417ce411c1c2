import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRuntime, packageApp, type Runtime } from '../package.ts'

/**
 * Has Splunk's own AppInspect judge both packages, in the modes in which Splunk judges apps itself:
 *
 *     node scripts/verify/appinspect.ts
 *
 * AppInspect is installed into `.verify/venv` when it is not there. The package without Node.js must have no failure and
 * no error; the one with Node.js may have findings about the binary's architecture, and no others.
 */
export interface InspectionReport {
  readonly summary: Readonly<Record<'error' | 'failure' | 'warning' | 'success', number>>
  readonly reports: readonly {
    readonly groups: readonly { readonly checks: readonly { readonly name: string; readonly result: string }[] }[]
  }[]
}

export interface Verdict {
  readonly isGood: boolean
  /** The counts, and the names of the checks which speak against the package. */
  readonly text: string
}

/** Fewer checks than this, and AppInspect did not really look: a pass would mean nothing. */
const leastChecks = 100

export function judge(report: InspectionReport, accepted: readonly string[]): Verdict {
  const checks = report.reports.flatMap(({ groups }) => groups.flatMap((group) => group.checks))
  const against = checks.filter(({ result }) => result === 'failure' || result === 'error').map(({ name }) => name)
  const { error, failure, warning, success } = report.summary
  const isCountedRight = error + failure === against.length && success >= leastChecks
  return {
    isGood: isCountedRight && error === 0 && against.every((name) => accepted.includes(name)),
    text: `${failure} failures, ${error} errors, ${warning} warnings, ${success} passed${against.map((name) => `, ${name}`).join('')}`,
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const home = path.join(root, '.verify')
const tool = path.join(home, 'venv/bin/splunk-appinspect')

const packages: readonly { name: string; accepted: readonly string[]; runtime: () => Runtime | undefined }[] = [
  { name: 'without Node.js', accepted: [], runtime: () => undefined },
  { name: 'with Node.js', accepted: ['check_aarch64_compatibility'], runtime: findRuntime },
]

const modes: readonly { name: string; flags: readonly string[] }[] = [
  { name: 'precert', flags: ['--mode', 'precert'] },
  { name: 'cloud', flags: ['--mode', 'precert', '--included-tags', 'cloud'] },
]

async function main(): Promise<number> {
  if (!install() && !install()) {
    say('appinspect: could not be installed; it needs python3 with venv, libmagic, and pip to reach PyPI')
    say('0 passed, 1 failed')
    return 1
  }
  let failed = 0
  let passed = 0
  for (const { name, accepted, runtime } of packages) {
    const folder = path.join(home, 'appinspect')
    const archive = path.join(folder, 'kinloader.tar.gz')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    await packageApp({ folder: path.join(folder, 'kinloader'), archive, runtime: runtime() })
    for (const mode of modes) {
      const verdict = inspect(archive, mode.flags, accepted)
      say(`appinspect ${mode.name}, package ${name}: ${verdict.isGood ? 'good' : 'BAD'}: ${verdict.text}`)
      if (verdict.isGood) passed += 1
      else failed += 1
    }
  }
  say(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** Whether AppInspect is there afterwards and starts. */
function install(): boolean {
  if (starts()) return true
  const venv = path.join(home, 'venv')
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  if (!run('python3', ['-m', 'venv', venv]) && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', 'python3-venv'])
    run('python3', ['-m', 'venv', '--clear', venv])
  }
  // It still imports pkg_resources, which setuptools 81 no longer has.
  run(path.join(venv, 'bin/pip'), ['install', '--quiet', 'setuptools<81', 'splunk-appinspect==4.3.1'])
  if (!starts() && existsSync('/usr/bin/apt-get')) run('apt-get', ['install', '-y', '-qq', 'libmagic1'])
  return starts()
}

/** `list version` loads every check, and with them libmagic. */
function starts(): boolean {
  return existsSync(tool) && run(tool, ['list', 'version'])
}

function inspect(archive: string, flags: readonly string[], accepted: readonly string[]): Verdict {
  const output = `${archive}.json`
  rmSync(output, { force: true })
  run(tool, ['inspect', archive, ...flags, '--data-format', 'json', '--output-file', output])
  if (!existsSync(output)) return { isGood: false, text: 'no report was written' }
  return judge(JSON.parse(readFileSync(output, 'utf8')) as InspectionReport, accepted)
}

function run(command: string, args: readonly string[]): boolean {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'ignore', timeout: 600_000 })
  return status === 0
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (import.meta.main) process.exitCode = await main()
