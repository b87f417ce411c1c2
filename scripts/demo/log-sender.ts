import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeLogRecord } from '../../src/codecs/log-record-encoding.ts'
import { partitionKeyOf } from '../../src/codecs/partition-key.ts'
import type { Ledger } from './ledger.ts'
import type { LocalStream, PutEntry } from './local-stream.ts'
import type { LogLine, LogLines, Origin } from './log-lines.ts'

export interface LogSenderOptions {
  readonly stream: LocalStream
  readonly lines: LogLines
  readonly ledger: Ledger
  /** Aimed at; a stream which is slower makes it less. */
  readonly linesPerSecond: number
  /** At most so many in all. */
  readonly maxLines: number
}

/** Between two puts. Each holds a record an origin. */
const putEveryMs = 200
const attempts = 5

/** Puts log lines into a stream as the log sender does: gzip log records, one origin each, under the sender's partition keys. */
export class LogSender {
  readonly #options: LogSenderOptions
  /** Chosen once a process. */
  readonly #encoderId = BigInt(randomInt(2 ** 47))
  readonly #blockIds = new Map<string, bigint>()
  #made = 0

  constructor(options: LogSenderOptions) {
    this.#options = options
  }

  /** Puts at an even pace until the signal aborts; one request at a time, so that a slow stream slows it down. */
  async run(signal: AbortSignal): Promise<void> {
    const { linesPerSecond, maxLines } = this.#options
    const share = Math.ceil((linesPerSecond * putEveryMs) / 1000)
    let dueMs = performance.now()
    while (!signal.aborted) {
      const count = Math.min(share, maxLines - this.#made)
      if (count > 0) await this.#send(count)
      const nowMs = performance.now()
      dueMs = Math.max(dueMs + putEveryMs, nowMs)
      await sleep(dueMs - nowMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #send(count: number): Promise<void> {
    const { lines, ledger } = this.#options
    const sinceMs = Date.now() - putEveryMs
    const fresh = Array.from({ length: count }, (_, i) => lines.next(sinceMs + (i * putEveryMs) / count))
    this.#made += count
    ledger.announce(fresh)
    await this.#place(batchesOf(fresh))
  }

  /** Tries again what the stream refuses, in order, as it does when it throttles. */
  async #place(batches: readonly (readonly LogLine[])[]): Promise<void> {
    const { stream, ledger } = this.#options
    let waiting = batches.map((lines) => ({ lines, entry: this.#encode(lines) }))
    for (let attempt = 0; waiting.length > 0; attempt++) {
      if (attempt === attempts) throw new Error(`The local Kinesis refused a record ${attempts} times.`)
      if (attempt > 0) await sleep(100 * 2 ** attempt)
      const placements = await stream.put(waiting.map(({ entry }) => entry))
      for (const [i, placement] of placements.entries()) {
        if (placement !== undefined) ledger.place({ ...placement, lines: waiting[i]?.lines ?? [] })
      }
      waiting = waiting.filter((_, i) => placements[i] === undefined)
    }
  }

  #encode(lines: readonly LogLine[]): PutEntry {
    const { unbroken = false, source = '', sourcetype = '', host = '', index = '' } = lines[0]?.origin ?? {}
    const metadata = { unbroken, source, sourcetype, host, index }
    const record = { ...metadata, encId: this.#encoderId, blockId: unbroken ? this.#nextBlock(metadata) : 0n }
    const data = encodeLogRecord(
      record,
      lines.map(({ text, time }) => ({ data: `${text}\n`, time })),
    )
    return { data, partitionKey: partitionKeyOf(metadata) }
  }

  #nextBlock({ source, sourcetype, host }: Origin): bigint {
    const key = [source, sourcetype, host].join('::')
    const block = (this.#blockIds.get(key) ?? 0n) + 1n
    this.#blockIds.set(key, block)
    return block
  }
}

/** The lines of each origin, in their order. */
function batchesOf(lines: readonly LogLine[]): readonly (readonly LogLine[])[] {
  const batches = new Map<Origin, LogLine[]>()
  for (const line of lines) {
    const batch = batches.get(line.origin)
    if (batch === undefined) batches.set(line.origin, [line])
    else batch.push(line)
  }
  return [...batches.values()]
}
