import { encodeLogRecord } from '../../src/codecs/log-record-encoding.ts'
import type { KinesisEngine } from '../fakes/kinesis/engine.ts'
import type { SplunkEvent } from '../fakes/splunkd/event-stream.ts'

/** One run of an input, as the reader of its pipe saw it. */
export interface RunBook {
  /** When it was killed, by the monotonic clock; undefined while it runs. */
  killedAtMs: number | undefined
  /** How long before it was killed an event may have come and come again. */
  allowedMs: number
  /** Events which came again later, all of them and those which came before the allowed time. */
  repeated: number
  tooOld: number
  /** The age of the oldest repeated event when the run was killed. */
  oldestMs: number
}

/**
 * Events numbered by shard, in gzip log records: what was put, what came, and what came again.
 *
 *     shardId-000000000000 17 ..................
 *
 * Within a run numbers of a shard follow each other, a run begins a shard at latest behind the last number seen, and
 * no event of a parent comes after one of its descendants: everything else is a fault.
 */
export class NumberedEvents {
  readonly faults: string[] = []
  readonly runs: RunBook[] = []
  readonly #engine: KinesisEngine
  readonly #padding: (count: number) => string
  readonly #lanes = new Map<string, Lane>()
  #arrived = 0

  constructor(engine: KinesisEngine, padding: (count: number) => string = () => '.'.repeat(80)) {
    this.#engine = engine
    this.#padding = padding
  }

  /** Different events put so far. */
  get put(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.put, 0)
  }

  /** Different events which came so far. */
  get seen(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.last.length, 0)
  }

  /** Events which came so far, each time counted. */
  get arrived(): number {
    return this.#arrived
  }

  /** One record with so many events. */
  putRecord(shardId: string, events: number): void {
    const lane = this.#lane(shardId)
    const entries = Array.from({ length: events }, () => {
      const number = lane.put++
      return { data: `${shardId} ${number} ${this.#padding(number)}` }
    })
    this.#engine.put('logs', { shardId, data: encodeLogRecord(metadata, entries, { level: 1 }) })
  }

  /** A process starts, and its output comes to `take`. */
  beginRun(): RunBook {
    const run = { killedAtMs: undefined, allowedMs: 0, repeated: 0, tooOld: 0, oldestMs: 0 }
    this.runs.push(run)
    for (const lane of this.#lanes.values()) lane.next = lane.heir = undefined
    return run
  }

  readonly take = (event: SplunkEvent): void => {
    const [shardId = '', text] = (event.data ?? '').split(' ', 2)
    const number = Number(text)
    const lane = this.#lane(shardId)
    this.#arrived += 1
    if (lane.next === undefined) {
      if (number > lane.last.length) this.#fault(`${shardId} goes on at ${number} after ${lane.last.length - 1}`)
      this.#begin(shardId)
    } else if (number !== lane.next) this.#fault(`${number} of ${shardId} comes after ${lane.next - 1}`)
    if (lane.heir !== undefined) this.#fault(`${number} of ${shardId} comes after events of its child ${lane.heir}`)
    lane.next = number + 1
    const before = lane.last[number]
    const now = { run: this.runs.length - 1, atMs: performance.now() }
    if (before !== undefined) this.#repeat(before)
    lane.last[number] = now
  }

  /** The first event of a shard in a run: nothing of its ancestors may be missing or follow. */
  #begin(shardId: string): void {
    for (const ancestor of this.#ancestors(shardId)) {
      const { put, last } = this.#lane(ancestor)
      if (last.length < put) this.#fault(`${shardId} begins with ${put - last.length} of ${ancestor} missing`)
      this.#lane(ancestor).heir ??= shardId
    }
  }

  #repeat(before: Arrival): void {
    const run = this.runs[before.run]
    if (run?.killedAtMs === undefined) {
      this.#fault('an event came twice within a run')
      return
    }
    const ageMs = run.killedAtMs - before.atMs
    run.repeated += 1
    if (ageMs > run.allowedMs) run.tooOld += 1
    run.oldestMs = Math.max(run.oldestMs, ageMs)
  }

  #ancestors(shardId: string): string[] {
    const parents = this.#engine.stream('logs').shard(shardId)?.parents ?? []
    return parents.flatMap((parent) => [parent, ...this.#ancestors(parent)])
  }

  #lane(shardId: string): Lane {
    let lane = this.#lanes.get(shardId)
    if (lane === undefined) {
      lane = { put: 0, next: undefined, heir: undefined, last: [] }
      this.#lanes.set(shardId, lane)
    }
    return lane
  }

  /** The first hundred tell enough. */
  #fault(text: string): void {
    if (this.faults.length < 100) this.faults.push(`run ${this.runs.length}: ${text}`)
  }
}

interface Arrival {
  readonly run: number
  readonly atMs: number
}

interface Lane {
  put: number
  /** What the next event in this run must be; undefined before the first one. */
  next: number | undefined
  /** A descendant of which events came in this run. */
  heir: string | undefined
  /** When each event came last. */
  readonly last: Arrival[]
}

const metadata = {
  unbroken: false,
  source: 'numbers',
  sourcetype: 'numbers',
  host: '',
  index: '',
  encId: 1n,
  blockId: 0n,
}
