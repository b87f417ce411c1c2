import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { runOn, type RunnableCommand } from '../../src/host/run-command.ts'
import type { ProgramHost } from '../../src/host/run.ts'
import { createStderrLogger } from '../../src/host/stderr-logger.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { TerminalLine } from '../../src/host/terminal-line.ts'

export interface CommandRunOptions extends Partial<Omit<ProgramHost, 'stdin' | 'argv' | 'terminal'>> {
  readonly stdin?: string | Uint8Array | Readable
}

export interface CommandOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command inside of this process, which is quicker than one of its own. */
export async function runHere(
  command: RunnableCommand,
  argv: readonly string[],
  { stdin = '', ...surroundings }: CommandRunOptions = {},
): Promise<CommandOutcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = [text(stdout), text(stderr)]
  const terminal = new TerminalLine(stderr)
  const host: ProgramHost = {
    argv,
    environment: {},
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    stdinFileBytes: () => undefined,
    stdout,
    terminal,
    logger: createStderrLogger(terminal),
    clock: systemClock,
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    onHangup: () => {},
    onExit: () => {},
    launch: [process.execPath, '/usr/lib/kinloader/command.js'],
    ...surroundings,
  }
  const code = await runOn(host, command, argv)
  stdout.end()
  stderr.end()
  const [out = '', err = ''] = await Promise.all(texts)
  return { code, stdout: out, stderr: err }
}

async function text(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(stream, 'end')
  return Buffer.concat(chunks).toString()
}
