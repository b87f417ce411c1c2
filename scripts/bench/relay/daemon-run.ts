import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { systemClock } from '../../../src/host/system-clock.ts'
import { type BenchFolder, freePort, send } from './bench-folder.ts'
import { MessageDigest } from './messages.ts'

/** A syslog daemon which is not ours. */
export interface Daemon {
  readonly name: string
  readonly args: (configuration: string, folder: string) => readonly string[]
  /** Listens on the port of the loopback, appends each message and LF to the file. */
  readonly configuration: (port: number, output: string) => string
}

interface DaemonFigures {
  readonly cpuSeconds: number
  /** From the first byte sent until all is in the file. */
  readonly wallSeconds: number
  readonly peakRssMiB: number
  /** Whether the file has each message which was sent, as often as it was sent. */
  readonly isWhole: boolean
  readonly kept: string
}

/** The corpus so many times over one TCP connection. Rejects with what the daemon said first when it does not listen. */
export async function measureDaemon(
  daemon: Daemon,
  program: string,
  folder: BenchFolder,
  times: number,
): Promise<DaemonFigures> {
  const port = await freePort()
  const [output, configuration, log] = ['out', 'conf', 'log'].map((kind) =>
    path.join(folder.path, `${daemon.name}.${kind}`),
  ) as [string, string, string]
  writeFileSync(configuration, daemon.configuration(port, output))
  const words = openSync(log, 'w')
  const child = spawn(program, daemon.args(configuration, folder.path), { stdio: ['ignore', words, words] })
  closeSync(words)
  try {
    if (!(await isListening(child, port)))
      throw new Error(`it does not listen: ${/.*/.exec(readFileSync(log, 'utf8'))?.[0] ?? ''}`)
    const before = cpuSecondsOf(child)
    const startedMs = performance.now()
    await send(folder, port, ['tcp', 1, times])
    await untilSize(output, statSync(folder.corpus).size * times)
    const wallSeconds = (performance.now() - startedMs) / 1000
    const figures = { wallSeconds, cpuSeconds: cpuSecondsOf(child) - before, peakRssMiB: peakRssMiBOf(child) }
    const kept = digestOf(output, 1)
    return { ...figures, kept, isWhole: kept === digestOf(folder.corpus, times) }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(output, { force: true })
  }
}

/** False when it has ended, or does not listen after five seconds. */
async function isListening(child: ChildProcess, port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50 && child.exitCode === null; attempt += 1) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return true
    await systemClock.sleep(100)
  }
  return false
}

/** Resolves as well when the file does not grow for two seconds: then something is missing. */
async function untilSize(file: string, bytes: number): Promise<void> {
  let [size, grownMs] = [0, performance.now()]
  while (size < bytes && performance.now() - grownMs < 2000) {
    await systemClock.sleep(10)
    const now = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (now > size) [size, grownMs] = [now, performance.now()]
  }
}

/** User and system time, all threads together (proc(5), fields 14 and 15, in hundredths of a second). */
function cpuSecondsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid ?? 0}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function peakRssMiBOf({ pid }: ChildProcess): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'latin1'))?.[1]) / 1024
}

function digestOf(file: string, times: number): string {
  const digest = new MessageDigest()
  const lines = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
  for (let time = 0; time < times; time += 1) {
    for (let at = 0, end = 0; (end = lines.indexOf(10, at)) >= 0; at = end + 1) digest.add(lines.subarray(at, end))
  }
  return digest.text
}
