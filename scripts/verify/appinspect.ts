import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRuntime, packageApp, type Runtime } from '../package.ts'
import { runChild } from './child.ts'
import { installPythonTool, type PythonTool } from './python-tool.ts'
import { type Outcome, type Step, type StepContext, sum } from './step.ts'

/** What AppInspect writes with `--data-format json`, as far as it is read here. */
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

const tool: PythonTool = {
  name: 'splunk-appinspect',
  // It still imports pkg_resources, which setuptools 81 no longer has.
  requirements: ['setuptools<81', 'splunk-appinspect==4.3.1'],
  // Loads every check, and with them libmagic.
  probe: ['splunk-appinspect', 'list', 'version'],
  libraries: ['libmagic1'],
}

const home = fileURLToPath(new URL('../../.verify/appinspect', import.meta.url))

const packages: readonly { name: string; accepted: readonly string[]; runtime: () => Runtime | undefined }[] = [
  { name: 'without-node', accepted: [], runtime: () => undefined },
  { name: 'with-node', accepted: ['check_aarch64_compatibility'], runtime: findRuntime },
]

const modes: readonly { name: string; flags: readonly string[] }[] = [
  { name: 'precert', flags: ['--mode', 'precert'] },
  { name: 'cloud', flags: ['--mode', 'precert', '--included-tags', 'cloud'] },
]

/**
 * Has Splunk's own AppInspect judge both packages, in the modes in which Splunk judges apps itself. The package without
 * Node.js must have no failure and no error; the one with Node.js may have findings about the binary's architecture,
 * and no others.
 */
export const appInspectStep: Step = {
  name: 'AppInspect on both packages',
  async run(context) {
    const bin = await installPythonTool(tool, context)
    const program = path.join(bin, 'splunk-appinspect')
    const outcomes: Outcome[] = []
    for (const { name, accepted, runtime } of packages) {
      const folder = path.join(home, name)
      const archive = path.join(folder, 'kinloader.tar.gz')
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true })
      await packageApp({ folder: path.join(folder, 'kinloader'), archive, runtime: runtime() })
      outcomes.push(
        ...(await Promise.all(
          modes.map(async (mode) => {
            const verdict = await inspect(program, archive, mode, accepted, context)
            context.say(`package ${name}, ${mode.name}: ${verdict.isGood ? 'good' : 'BAD'}: ${verdict.text}`)
            return { passed: Number(verdict.isGood), failed: Number(!verdict.isGood), text: verdict.text }
          }),
        )),
      )
    }
    const good = outcomes.filter(({ failed }) => failed === 0).length
    return sum(outcomes, `${good} of ${outcomes.length} inspections are good`)
  },
}

async function inspect(
  program: string,
  archive: string,
  mode: (typeof modes)[number],
  accepted: readonly string[],
  { signal }: StepContext,
): Promise<Verdict> {
  const output = path.join(path.dirname(archive), `${mode.name}.json`)
  const { how } = await runChild({
    command: program,
    // It ends with another code than 0 for findings too: the report tells.
    args: ['inspect', archive, ...mode.flags, '--data-format', 'json', '--output-file', output],
    signal,
    timeoutMs: 300_000,
  })
  if (!existsSync(output)) return { isGood: false, text: `no report was written (${how})` }
  return judge(JSON.parse(readFileSync(output, 'utf8')) as InspectionReport, accepted)
}
