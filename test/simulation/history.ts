import assert from 'node:assert/strict'
import { KinesisEngine } from '../fakes/kinesis/engine.ts'
import type { Fault } from '../fakes/kinesis/faults.ts'
import { ReaderRun } from '../support/reader-run.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { Ledger } from './ledger.ts'

export const kinds = [
  'split',
  'merge',
  'restart',
  'crash',
  'throttle',
  'fault',
  'pause',
  'expiry',
  'store fault',
] as const
export type Kind = (typeof kinds)[number]

/** How often each kind of event really happened, over all histories of a run: faults as they met a call, not as planned. */
export type Tally = Record<Kind, number>

/** Planned events of these kinds may meet no call before the history ends. */
const countedWhereItHappens: ReadonlySet<Kind> = new Set(['throttle', 'fault', 'expiry', 'store fault'])

const recordsPerHistory = 200
const maxCalls = 400
const steps = 14

const faults: readonly { operation: string; fault: Fault }[] = [
  { operation: 'GetRecords', fault: { kind: 'http', status: 500 } },
  { operation: 'GetRecords', fault: { kind: 'malformed' } },
  { operation: 'GetRecords', fault: { kind: 'reset' } },
  { operation: 'GetRecords', fault: { kind: 'lost-answer' } },
  { operation: 'GetRecords', fault: { kind: 'delay', ms: 1500 } },
  { operation: 'GetRecords', fault: { kind: 'empty' } },
  { operation: 'GetRecords', fault: { kind: 'error', name: 'InternalFailure', status: 500 } },
  { operation: 'GetRecords', fault: { kind: 'error', name: 'KMSThrottlingException' } },
  { operation: 'GetShardIterator', fault: { kind: 'reset' } },
  { operation: 'GetShardIterator', fault: { kind: 'throttle' } },
  { operation: 'ListShards', fault: { kind: 'throttle' } },
  { operation: 'ListShards', fault: { kind: 'lost-answer' } },
  { operation: 'DescribeStreamSummary', fault: { kind: 'throttle' } },
]

/**
 * One random history: 4 or more shards, 200 records, at most 400 calls; the stream is split and merged, the reader
 * stopped, killed, throttled, held back and met with faults. At its end every record must have been indexed, in
 * order within its lineage.
 */
export class History {
  readonly #random: SeededRandom
  readonly #tally: Tally
  readonly #clock = new VirtualClock()
  readonly #engine: KinesisEngine
  readonly #ledger: Ledger
  readonly #remembered = new Map<string, string>()
  #storeFails = 0
  #run: ReaderRun

  constructor(random: SeededRandom, tally: Tally) {
    this.#random = random
    this.#tally = tally
    this.#engine = new KinesisEngine({
      clock: this.#clock,
      iteratorLifetimeMs: 4000,
      shardEnd: random.pick(['with-records', 'own-answer']),
      finishedPosition: random.pick(['refuse', 'read']),
    })
    this.#engine.createStream('logs', { shards: random.between(4, 6) })
    this.#ledger = new Ledger(this.#engine)
    this.#run = this.#start()
  }

  async play(): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      const wanted = Math.ceil(((step + 1) * recordsPerHistory) / steps)
      while (this.#ledger.putCount < Math.min(wanted, recordsPerHistory)) {
        this.#ledger.put(this.#random.pick(this.#engine.openShards('logs')))
      }
      await this.#event(this.#random.pick(kinds))
      await this.#clock.advance(this.#random.between(50, 700))
    }
    await this.#clock.runUntil(() => this.#ledger.missing(this.#run.sink.all()) === 0 || this.#failed(), {
      maxMs: 600_000,
    })
    this.#ledger.index(this.#run.sink.all())
    await this.#run.stop()
    assert.equal(this.#run.failure, undefined)
    this.#ledger.check()
    const calls = this.#engine.calls.entries.length
    assert.ok(calls <= maxCalls, `${calls} calls`)
    const { faults: met, calls: log } = this.#engine
    this.#tally.throttle += met.used('throttle')
    this.#tally.fault += met.used() - met.used('throttle')
    this.#tally.expiry += log.errors('ExpiredIteratorException')
    assert.ok(this.#ledger.putCount >= recordsPerHistory)
  }

  #start(): ReaderRun {
    return new ReaderRun({
      clock: this.#clock,
      engine: this.#engine,
      remembered: this.#remembered,
      checkpointIntervalMs: 500,
      holdBackMs: 400,
      latencyMs: 20,
      maxBytes: 3000,
      random: this.#random.next,
      wrapStore: (store) => ({
        load: (signal) => store.load(signal),
        save: async (changes, signal) => {
          if (this.#storeFails > 0) {
            this.#storeFails -= 1
            this.#tally['store fault'] += 1
            throw new Error('the store is away')
          }
          return store.save(changes, signal)
        },
        close: () => store.close(),
      }),
    })
  }

  async #event(kind: Kind): Promise<void> {
    switch (kind) {
      case 'split':
        if (this.#engine.openShards('logs').length > 7) return
        this.#engine.split('logs', this.#random.pick(this.#engine.openShards('logs')))
        break
      case 'merge': {
        if (this.#engine.openShards('logs').length < 4) return
        const [one, two] = this.#random.pick(this.#engine.neighbours('logs'))
        this.#engine.merge('logs', one, two)
        break
      }
      case 'restart':
        await this.#run.stop()
        this.#lifeEnded()
        break
      case 'crash':
        this.#run.crash()
        this.#lifeEnded()
        break
      case 'throttle':
        this.#engine.faults.inject({
          operation: 'GetRecords',
          times: this.#random.between(1, 4),
          fault: { kind: 'throttle' },
        })
        break
      case 'fault':
        this.#engine.faults.inject({ ...this.#random.pick(faults), times: this.#random.between(1, 3) })
        break
      case 'store fault':
        this.#storeFails = this.#random.between(1, 3)
        break
      case 'pause':
        await this.#pause(this.#random.between(300, 1500))
        break
      case 'expiry':
        await this.#pause(5000)
        break
    }
    if (!countedWhereItHappens.has(kind)) this.#tally[kind] += 1
  }

  /** Splunk reads nothing for a while, and the shards fill what memory they may. */
  async #pause(ms: number): Promise<void> {
    this.#run.sink.block()
    for (const shardId of this.#engine.openShards('logs')) {
      if (ms >= 5000) for (let i = 0; i < 3; i += 1) this.#ledger.put(shardId)
    }
    await this.#clock.advance(ms)
    this.#run.sink.unblock()
  }

  /** What had not settled is cut off at a random write; the next life begins. */
  #lifeEnded(): void {
    this.#ledger.index(this.#run.sink.surviving((unsettled) => this.#random.between(0, unsettled)))
    this.#run = this.#start()
  }

  #failed(): boolean {
    return this.#run.failure !== undefined
  }
}
