import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('log_record.py', import.meta.url))

/** The independent codec of the log record, a process of Python: what it printed, without the line feeds. */
export async function logRecordPy(mode: 'encode' | 'decode', input: string): Promise<readonly string[]> {
  const child = spawn('python3', [script, mode], { stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  child.stdin.end(input)
  const [output, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  if (code !== 0) throw new Error(`log_record.py ended with ${code ?? 'a signal'}: ${said}`)
  return output.split('\n').slice(0, -1)
}

/** A record as odd-records.json describes it, and what a decoder must make of it. */
export interface OddRecord {
  readonly name: string
  /** Its metadata do not tell what it is: only a decoder which is told takes it for a log record. */
  readonly bare?: boolean
  /** Default `broken-` and its number. */
  readonly partition_key?: string
  /** What is said; the rest are zero values. Integers are bigint. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly events: readonly OddEvent[]
}

export interface OddEvent {
  readonly hex: string
  readonly ts?: string
  /** The same time, as it is printed when it has been understood; absent: as it was. */
  readonly utc?: string
  readonly is_done?: boolean
}

/** The descriptions as log_record.py reads them. */
export const oddRecordsJson = readFileSync(new URL('odd-records.json', import.meta.url), 'utf8')

export function oddRecords(): readonly OddRecord[] {
  return parseExactly(oddRecordsJson) as OddRecord[]
}

/** JSON with its integers as bigint: many of them are in no double. */
export function parseExactly(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value,
  )
}
