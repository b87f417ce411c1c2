import type { SplunkEvent } from '../../test/fakes/splunkd/event-stream.ts'
import { lineNumber, type LogLine } from './log-lines.ts'
import { findDisorder } from './order-check.ts'

/** A Kinesis record as the stream took it. */
export interface PlacedRecord {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly lines: readonly LogLine[]
}

/** Lines of one shard. */
export interface ShardCount {
  put: number
  indexed: number
}

export interface Verdict {
  readonly put: number
  /** Different lines which came out. */
  readonly indexed: number
  readonly duplicated: number
  readonly lost: number
  /** One sentence for each kind of fault; none when count, content and order hold. */
  readonly faults: readonly string[]
}

/**
 * Books every line twice, where it was put and when it came out, and compares: nothing lost, nothing changed, and the
 * first occurrences in the order of their shard, children after their parents.
 *
 * It keeps all lines until the end; whoever puts them bounds how many there are.
 */
export class Ledger {
  readonly #lines = new Map<number, LogLine>()
  readonly #shardOf = new Map<number, string>()
  readonly #records: PlacedRecord[] = []
  readonly #counts = new Map<string, ShardCount>()
  /** When each line came out first: its place among all first occurrences. */
  readonly #firstSeen = new Map<number, number>()
  readonly #faults = new Map<string, string>()
  #duplicated = 0
  #bytes = 0

  get put(): number {
    return this.#shardOf.size
  }

  get indexed(): number {
    return this.#firstSeen.size
  }

  get duplicated(): number {
    return this.#duplicated
  }

  /** Bytes of text which came out, duplicates included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Before the lines are put: they may come out before the stream has answered. */
  announce(lines: readonly LogLine[]): void {
    for (const line of lines) this.#lines.set(line.number, line)
  }

  /** When the stream has taken a record. */
  place(record: PlacedRecord): void {
    const { shardId, lines } = record
    this.#records.push(record)
    const count = this.countOf(shardId)
    count.put += lines.length
    for (const { number } of lines) {
      this.#shardOf.set(number, shardId)
      if (this.#firstSeen.has(number)) count.indexed += 1
    }
  }

  /** When an event comes out of the input. */
  take(event: SplunkEvent): void {
    const text = (event.data ?? '').replace(/\n$/, '')
    this.#bytes += Buffer.byteLength(text)
    const number = lineNumber(text)
    const line = number === undefined ? undefined : this.#lines.get(number)
    if (line === undefined) {
      this.#fault('foreign', `An event came out which was never put: ${JSON.stringify(text.slice(0, 80))}.`)
      return
    }
    const difference = differenceOf(line, text, event)
    if (difference !== undefined) {
      this.#fault('changed', `Line ${line.number} came out with another ${difference} than it was put with.`)
    }
    if (this.#firstSeen.has(line.number)) {
      this.#duplicated += 1
      return
    }
    this.#firstSeen.set(line.number, this.#firstSeen.size)
    const shardId = this.#shardOf.get(line.number)
    if (shardId !== undefined) this.countOf(shardId).indexed += 1
  }

  countOf(shardId: string): ShardCount {
    const known = this.#counts.get(shardId)
    if (known !== undefined) return known
    const count = { put: 0, indexed: 0 }
    this.#counts.set(shardId, count)
    return count
  }

  /** `parentsOf`: each shard's parents, as the stream lists them. */
  verdict(parentsOf: ReadonlyMap<string, readonly string[]>): Verdict {
    const lost = [...this.#shardOf].filter(([number]) => !this.#firstSeen.has(number))
    const [first] = lost
    if (first !== undefined) {
      this.#fault('lost', `${lost.length} lines never came out, line ${first[0]} of ${first[1]} is the first.`)
    }
    const { count, example } = findDisorder(this.#records, parentsOf, this.#firstSeen)
    if (example !== undefined) {
      this.#fault(
        'order',
        `${count} lines came out too early; line ${example.number} of ${example.shardId} is the first.`,
      )
    }
    return {
      put: this.put,
      indexed: this.indexed,
      duplicated: this.#duplicated,
      lost: lost.length,
      faults: [...this.#faults.values()],
    }
  }

  #fault(kind: string, sentence: string): void {
    if (!this.#faults.has(kind)) this.#faults.set(kind, sentence)
  }
}

function differenceOf({ origin, time, text }: LogLine, came: string, event: SplunkEvent): string | undefined {
  if (came !== text) return 'text'
  const [seconds = '', fraction = ''] = (event.time ?? '').split('.')
  if (Number(seconds) !== time.seconds || Number(fraction.padEnd(9, '0')) !== time.nanos) return 'time'
  for (const name of ['host', 'source', 'sourcetype', 'index'] as const) {
    if ((event[name] ?? '') !== origin[name]) return name
  }
  return event.unbroken === origin.unbroken ? undefined : 'line breaking'
}
