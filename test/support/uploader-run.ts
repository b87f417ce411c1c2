import { createFirehoseClient } from '../../src/clients/firehose.ts'
import { Counters } from '../../src/core/metrics.ts'
import { MemoryRecords } from '../../src/sinks/firehose/memory-records.ts'
import type { RecordStore } from '../../src/sinks/firehose/record-store.ts'
import { Uploader } from '../../src/sinks/firehose/uploader.ts'
import type { UploadCall, UploaderOptions } from '../../src/sinks/firehose/uploader-options.ts'
import { type FakeStreamOptions, FirehoseEngine, type FirehoseCall } from '../fakes/firehose/engine.ts'
import { FirehoseDoor, type FirehoseDoorOptions } from '../fakes/firehose/sdk-door.ts'
import { RecordingLogger } from './recording-logger.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface UploaderRunOptions extends Partial<UploaderOptions> {
  readonly fakeStream?: FakeStreamOptions
  readonly door?: Partial<FirehoseDoorOptions>
  /** What stands between the uploader and its records. */
  readonly wrap?: (records: MemoryRecords) => RecordStore
}

/** An uploader of records in memory, on a virtual clock, at the door of a fake Firehose. */
export class UploaderRun {
  readonly clock = new VirtualClock()
  readonly engine = new FirehoseEngine({ clock: this.clock })
  readonly store = new MemoryRecords(() => this.clock.now())
  readonly logger = new RecordingLogger()
  readonly counters = new Counters()
  readonly calls: UploadCall[] = []
  readonly door: FirehoseDoor
  readonly uploader: Uploader
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(options: UploaderRunOptions = {}) {
    const { fakeStream = {}, door = {}, wrap = (records: MemoryRecords) => records, ...rest } = options
    this.engine.createStream('logs', fakeStream)
    this.door = new FirehoseDoor(this.engine, { clock: this.clock, ...door })
    this.uploader = new Uploader({
      store: wrap(this.store),
      client: createFirehoseClient({
        region: 'us-east-1',
        credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
        requestHandler: this.door,
      }),
      stream: 'logs',
      clock: this.clock,
      logger: this.logger,
      counters: this.counters,
      random: new SeededRandom(7).next,
      onCall: (call) => this.calls.push(call),
      ...rest,
    })
  }

  start(): this {
    this.#running = this.uploader.run(this.#stop.signal)
    return this
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.clock.runUntil(this.#running)
  }

  /** The calls of PutRecordBatch which the fake has seen. */
  get puts(): readonly FirehoseCall[] {
    return this.engine.calls.filter(({ operation }) => operation === 'PutRecordBatch')
  }

  /** What has arrived, as text, in the order of arrival. */
  get arrived(): string[] {
    return this.engine.delivered.map(({ data }) => data.toString())
  }

  async untilEmpty(maxMs = 3_600_000): Promise<void> {
    await this.clock.runUntil(() => this.store.waiting === 0, { maxMs })
  }
}

export function numbered(count: number, prefix = 'record'): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(`${prefix} ${i}`))
}
