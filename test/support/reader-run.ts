import { MemoryCheckpointStore } from '../../src/checkpoints/memory.ts'
import { KinesisStream } from '../../src/clients/kinesis-stream.ts'
import type { Random } from '../../src/core/backoff.ts'
import type { CheckpointStore } from '../../src/core/checkpoint.ts'
import { pump } from '../../src/core/pump.ts'
import type { KinesisRecord } from '../../src/sources/kinesis/record.ts'
import { KinesisSource, type KinesisSourceOptions } from '../../src/sources/kinesis/source.ts'
import type { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { SdkDoor } from '../fakes/kinesis/sdk-door.ts'
import { RecordingLogger } from './recording-logger.ts'
import { SettlingSink } from './settling-sink.ts'
import type { ClockBranch, VirtualClock } from './virtual-clock.ts'
import { fakeClient } from './fake-client.ts'

export interface ReaderRunOptions extends Partial<KinesisSourceOptions> {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  /** What is remembered; hand in the same map to restart. */
  readonly remembered: Map<string, string>
  readonly stream?: KinesisStream
  /** Default `logs`. */
  readonly streamName?: string
  /** Default 2,000. */
  readonly holdBackMs?: number
  /** A round trip. Default 10. */
  readonly latencyMs?: number
  readonly requestTimeoutMs?: number
  readonly wrapStore?: (store: CheckpointStore) => CheckpointStore
  readonly random?: Random
  /** Waited for before the sink takes a write: a place which is slow. */
  readonly accepts?: () => Promise<void>
}

/**
 * One life of a reader in a simulation: source, pump and a sink that settles, on the fake's engine and the virtual
 * clock, until it is stopped in order or crashes.
 */
export class ReaderRun {
  readonly source: KinesisSource
  readonly sink: SettlingSink<KinesisRecord>
  readonly logger = new RecordingLogger()
  readonly door: SdkDoor
  readonly done: Promise<void>
  failure: unknown
  readonly #clock: ClockBranch
  readonly #trunk: VirtualClock
  readonly #stop = new AbortController()
  #dead = false

  constructor(options: ReaderRunOptions) {
    const { clock, engine, remembered, streamName = 'logs', holdBackMs = 2000, latencyMs = 10 } = options
    this.#trunk = clock
    this.#clock = clock.branch()
    const timeout = options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }
    this.door = new SdkDoor(engine, { clock, latencyMs, ...timeout })
    const client = fakeClient(engine, this.door)
    const memory = this.#mortal(new MemoryCheckpointStore(remembered))
    this.source = new KinesisSource({
      startJitterMs: 0,
      readerId: 'reader#1',
      initialPosition: { kind: 'trim_horizon' },
      heldBackBy: 'Splunk',
      ...options,
      stream: new KinesisStream(client, { name: streamName }),
      streamName,
      store: options.wrapStore?.(memory) ?? memory,
      clock: this.#clock,
      logger: this.logger,
    })
    this.sink = new SettlingSink(this.#clock, holdBackMs, options.accepts)
    this.done = pump({
      source: this.source,
      sink: this.sink,
      decode: (record: KinesisRecord) => [record],
      clock: this.#clock,
      signal: this.#stop.signal,
    }).catch((error: unknown) => {
      this.failure = error
    })
  }

  /** The text of everything delivered so far. */
  texts(): string[] {
    return this.sink.all().map((record) => Buffer.from(record.data).toString())
  }

  /** Lets time pass until so many records were accepted. */
  async until(count: number, maxMs = 3_600_000): Promise<void> {
    await this.#trunk.runUntil(() => this.sink.all().length >= count || this.failure !== undefined, { maxMs })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#trunk.runUntil(this.done)
  }

  /** From now on nothing of this life reaches the world: no request, no save, no timer. */
  crash(): void {
    this.#dead = true
    this.door.cutOff()
    this.#clock.cutOff()
  }

  /** A store which a crash cuts off. */
  #mortal(store: CheckpointStore): CheckpointStore {
    const never = new Promise<never>(() => {})
    return {
      load: (signal) => (this.#dead ? never : store.load(signal)),
      save: (changes, signal) => (this.#dead ? never : store.save(changes, signal)),
      close: () => store.close(),
    }
  }
}
