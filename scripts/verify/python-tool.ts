import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { installDebian, isGood } from './debian.ts'
import type { StepContext } from './step.ts'

/** A program from PyPI which has a virtual environment of its own, `.verify/venv/<name>`. */
export interface PythonTool {
  readonly name: string
  /** As pip takes them. */
  readonly requirements: readonly string[]
  /** The program and arguments with which it shows that it works. */
  readonly probe: readonly [program: string, ...args: string[]]
  /** What Debian calls the libraries it may miss. */
  readonly libraries?: readonly string[]
}

const attempts = 2
const home = fileURLToPath(new URL('../../.verify/venv', import.meta.url))

/**
 * Installs the tool where it is missing or another version is there, and resolves with the folder of its programs.
 * Tries twice. What pip does not bring, Debian's packages do, where this user may install them.
 */
export async function installPythonTool(tool: PythonTool, context: StepContext): Promise<string> {
  const venv = path.join(home, tool.name)
  const bin = path.join(venv, 'bin')
  const stamp = path.join(venv, 'requirements.txt')
  const wanted = `${tool.requirements.join('\n')}\n`
  const works = (): Promise<boolean> => isGood(path.join(bin, tool.probe[0]), tool.probe.slice(1), context)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && (await works())) return bin

  let fault = ''
  for (let attempt = 1; attempt <= attempts && !context.signal.aborted; attempt += 1) {
    context.say(`installing ${tool.requirements.join(', ')} into .verify/venv/${tool.name}`)
    mkdirSync(home, { recursive: true })
    if (!(await makeVenv(venv, context))) {
      fault = 'python3 -m venv does not work; install python3 and python3-venv'
      continue
    }
    const pip = [path.join(bin, 'python3'), '-m', 'pip', '--no-input', '--disable-pip-version-check'] as const
    if (!(await isGood(pip[0], [...pip.slice(1), 'install', '--quiet', ...tool.requirements], context))) {
      fault = 'pip could not install it; see that PyPI, or the index pip is told to use, can be reached'
      continue
    }
    if ((await works()) || ((await installDebian(tool.libraries ?? [], context)) && (await works()))) {
      writeFileSync(stamp, wanted)
      return bin
    }
    fault = `it is installed but does not start${tool.libraries === undefined ? '' : `; install ${tool.libraries.join(' ')}`}`
  }
  throw new Error(`${tool.name} cannot be had: ${context.signal.aborted ? 'interrupted' : fault}`)
}

/** Sees to it that there is a `python3`. */
export async function installPython(context: StepContext): Promise<void> {
  const works = (): Promise<boolean> => isGood('python3', ['--version'], context)
  if ((await works()) || ((await installDebian(['python3'], context)) && (await works()))) return
  throw new Error('there is no python3; install it')
}

async function makeVenv(venv: string, context: StepContext): Promise<boolean> {
  const args = ['-m', 'venv', '--clear', venv]
  if (await isGood('python3', args, context)) return true
  // Debian's Python comes without what makes a virtual environment.
  return (await installDebian(['python3', 'python3-venv'], context)) && isGood('python3', args, context)
}
