import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type LogRecordEntry, logRecordText } from '../../../src/codecs/log-record-encoding.ts'
import type { LogRecordMetadata } from '../../../src/codecs/log-record.ts'
import { testedNode } from '../../support/tested-node.ts'

export const logdecodePath = fileURLToPath(new URL('../../../src/programs/logdecode.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs logdecode to its end. `input` is given by a pipe, and left open when it is undefined. */
export async function logdecode(
  args: readonly string[],
  input: Buffer | string,
  options: { readonly cwd?: string } = {},
): Promise<Ended> {
  const child = spawn(testedNode, [logdecodePath, ...args], { stdio: ['pipe', 'pipe', 'pipe'], ...options })
  child.stdin.on('error', () => {}) // it may end before it has read all
  child.stdin.end(input)
  return ended(child)
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}

export const metadata: LogRecordMetadata = {
  unbroken: false,
  source: 'test-script',
  sourcetype: 'generic',
  host: 'godev',
  index: '',
  encId: 4611686018427387905n,
  blockId: 0n,
}

/** A log record as it lies in Kinesis. */
export function record(entries: readonly (LogRecordEntry | string)[], more: Partial<LogRecordMetadata> = {}): Buffer {
  return gzipSync(
    logRecordText(
      { ...metadata, ...more },
      entries.map((entry) => (typeof entry === 'string' ? { data: entry } : entry)),
    ),
  )
}

/** A record as dumpstream prints it. */
export function line(data: Buffer, sequenceNumber = '4959'): string {
  return (
    `{"arrival_time":"2017-05-01T12:00:01.5Z","partition_key":"broken-1","seq":"${sequenceNumber}",` +
    `"data":"${data.toString('base64')}"}\n`
  )
}
