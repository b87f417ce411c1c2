import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from './child.ts'
import { hasAptGet, installDebian, isGood, updateDebian } from './debian.ts'
import type { StepContext } from './step.ts'

/**
 * A program of a Debian package. What this machine has is used, unless it is `always-unpack`: AppArmor may confine it.
 *
 * What is unpacked lies below `.verify/debian` together with the libraries which the machine lacks. So nothing is
 * started, and it may be there beside packages which exclude it.
 */
export interface DebianProgram {
  readonly name: string
  readonly package: string
  /** Packages with parts which it does not need but we do. Unpacked only. */
  readonly besides?: readonly string[]
  /** The arguments with which it shows that it works, in no time. */
  readonly probe: readonly string[]
  /** What becomes of it where the machine lacks it. Default `unpack`. */
  readonly how?: 'unpack' | 'always-unpack' | 'install'
  /** Folders of libraries besides those every program looks in, below the unpacked `/`. */
  readonly libraries?: readonly string[]
  /** Words of the shell before its own arguments; `$root` is the unpacked `/`, `$libraries` its `lib/<machine>`. */
  readonly firstArgs?: string
  /** Assignments for the shell, likewise. */
  readonly environment?: string
}

const home = fileURLToPath(new URL('../../.verify/debian', import.meta.url))
const minuteMs = 60_000

/**
 * Resolves with what `PATH` must be so that each of the programs is found by its name. Packages come from Debian's
 * mirrors at most once: what was unpacked before is used again.
 */
export async function installDebianPrograms(programs: readonly DebianProgram[], context: StepContext): Promise<string> {
  const bin = path.join(home, 'bin')
  mkdirSync(bin, { recursive: true })
  const usual = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
  const missing: DebianProgram[] = []
  for (const program of programs) {
    const works = (PATH: string): Promise<boolean> =>
      isGood('env', [`PATH=${PATH}`, program.name, ...program.probe], context)
    if (program.how !== 'always-unpack' && (await works(usual))) rmSync(path.join(bin, program.name), { force: true })
    else if (!(await works(bin))) missing.push(program)
  }
  if (missing.length > 0) await bring(missing, bin, context)
  return `${bin}:${usual}`
}

async function bring(programs: readonly DebianProgram[], bin: string, context: StepContext): Promise<void> {
  const names = programs.map(({ name }) => name).join(', ')
  if (!hasAptGet()) throw new Error(`this machine lacks ${names} and has no apt-get; install ${names}`)
  context.say(`bringing ${names} from Debian's packages`)
  await updateDebian(context)
  const roots = new Map<string, string>() // of packages with several programs
  for (const program of programs) {
    const command = program.how === 'install' ? program.name : path.join(bin, program.name)
    if (program.how === 'install') await installDebian([program.package], context)
    else {
      const root = roots.get(program.package) ?? (await unpack(program, context))
      roots.set(program.package, root)
      writeFileSync(command, launcher(program, root), { mode: 0o755 })
    }
    const end = await runChild({ command, args: program.probe, signal: context.signal, timeoutMs: minuteMs })
    if (end.isGood) continue
    rmSync(path.join(bin, program.name), { force: true })
    throw new Error(
      context.signal.aborted
        ? `${program.name} cannot be had: interrupted`
        : `${program.name} of Debian's package ${program.package} does not start (${end.how}: ${end.lines.at(-1) ?? ''}); install it`,
    )
  }
}

/** The package and what it needs and is not installed yet, as files in a folder of their own. */
async function unpack(program: DebianProgram, context: StepContext): Promise<string> {
  const root = path.join(home, program.package)
  const part = `${root}.part`
  for (const folder of [root, part]) rmSync(folder, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  const packages = await missingPackages(program, context)
  await must(program, context, 'env', ['-C', part, '/usr/bin/apt-get', ...sandbox, 'download', ...packages])
  for (const file of readdirSync(part).filter((name) => name.endsWith('.deb'))) {
    await must(program, context, 'dpkg', ['-x', path.join(part, file), part])
    rmSync(path.join(part, file))
  }
  renameSync(part, root)
  return root
}

/** apt-get's own user may not write into this folder. */
const sandbox = ['-qq', '-o', 'APT::Sandbox::User=root'] as const

/** What apt-get would install: `Inst libestr0 (0.1.11-1 Debian:12.15/oldstable [amd64])`. */
async function missingPackages(program: DebianProgram, context: StepContext): Promise<readonly string[]> {
  const own = [program.package, ...(program.besides ?? [])]
  const args = ['--simulate', '--no-install-recommends', 'install', ...own]
  const lines = await must(program, context, '/usr/bin/apt-get', args)
  const packages = lines.flatMap((line) => /^Inst (\S+)/.exec(line)?.[1] ?? [])
  // A C library does not go together with another one's loader.
  const wanted = packages.filter((name) => !/^libc6\b|^libc-bin$/.test(name))
  // It may be installed and not work, here or for this user.
  return [...new Set([...wanted, ...own])]
}

async function must(
  program: DebianProgram,
  { signal }: StepContext,
  command: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const end = await runChild({ command, args, signal, timeoutMs: 5 * minuteMs })
  if (end.isGood) return end.lines
  const why = signal.aborted ? 'interrupted' : `${command} ${args.slice(-2).join(' ')} failed (${end.how})`
  throw new Error(`${program.name} of Debian's package ${program.package} cannot be had: ${why}; install it`)
}

/** It `exec`s, so that a signal reaches the program itself. */
function launcher(program: DebianProgram, root: string): string {
  const file = ['usr/bin', 'usr/sbin', 'bin', 'sbin']
    .map((folder) => path.join(root, folder, program.name))
    .find(existsSync)
  if (file === undefined) throw new Error(`Debian's package ${program.package} has no ${program.name}; install it`)
  const machines = ['usr/lib', 'lib'].flatMap((folder) => machineFolders(path.join(root, folder)))
  const folders = [...machines, ...(program.libraries ?? []).map((folder) => path.join(root, folder))]
  return [
    '#!/bin/sh',
    `root='${root}' libraries='${machines[0] ?? ''}'`,
    `export LD_LIBRARY_PATH='${folders.join(':')}'`,
    ...(program.environment === undefined ? [] : [`export ${program.environment}`]),
    `exec '${file}' ${program.firstArgs ?? ''} "$@"`,
    '',
  ].join('\n')
}

function machineFolders(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.includes('-linux-gnu'))
    .map((name) => path.join(folder, name))
}
