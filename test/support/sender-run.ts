import { createCipheriv } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { KinesisInlet } from '../../src/clients/kinesis-inlet.ts'
import { type DecodedLogRecord, decodeLogRecord } from '../../src/codecs/log-record.ts'
import type { Clock } from '../../src/core/clock.ts'
import { gzipOptions } from '../../src/sinks/kinesis/packing.ts'
import { KinesisSender, type KinesisSenderOptions } from '../../src/sinks/kinesis/sender.ts'
import type { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { SdkDoor } from '../fakes/kinesis/sdk-door.ts'
import type { StoredRecord } from '../fakes/kinesis/shard.ts'
import { RecordingLogger } from './recording-logger.ts'
import type { SeededRandom } from './seeded-random.ts'
import { fakeClient } from './fake-client.ts'

export interface SenderRunOptions extends Partial<KinesisSenderOptions> {
  readonly clock: Clock
  readonly engine: KinesisEngine
  /** Default `logs`. */
  readonly streamName?: string
  /** A round trip. Default 10. */
  readonly latencyMs?: number
  readonly requestTimeoutMs?: number
  /** Default Infinity. */
  readonly uploadBytesPerSecond?: number
}

/** A sender on the fake's engine, started. It compresses at once, so that no time passes meanwhile. */
export class SenderRun {
  readonly sender: KinesisSender
  readonly logger = new RecordingLogger()
  readonly door: SdkDoor

  constructor({ streamName = 'logs', latencyMs = 10, ...options }: SenderRunOptions) {
    const { clock, engine, requestTimeoutMs = 30_000, uploadBytesPerSecond = Infinity } = options
    this.door = new SdkDoor(engine, { clock, latencyMs, requestTimeoutMs, uploadBytesPerSecond })
    const client = fakeClient(engine, this.door)
    this.sender = new KinesisSender({
      inlet: new KinesisInlet(client, { name: streamName }),
      streamName,
      logger: this.logger,
      compress: (text) => Promise.resolve(gzipSync(text, gzipOptions)),
      ...options,
    })
    this.sender.start()
  }
}

/** A record as it lies in a shard. */
export interface SentRecord extends DecodedLogRecord {
  readonly shardId: string
  readonly stored: StoredRecord
}

/** All records of a stream, shard by shard, in order. */
export function sentRecords(engine: KinesisEngine, streamName = 'logs'): readonly SentRecord[] {
  return engine
    .stream(streamName)
    .shards.flatMap((shard) =>
      shard.records.map((stored) => ({ ...decodeLogRecord(stored.data), shardId: shard.id, stored })),
    )
}

/** Their events' messages. */
export function sentMessages(engine: KinesisEngine, streamName = 'logs'): readonly string[] {
  return sentRecords(engine, streamName).flatMap(({ items }) =>
    items.map(({ message }) => (typeof message === 'string' ? message : Buffer.from(message).toString())),
  )
}

/** Gzip which makes nothing smaller, so that what is held is easy to foresee. */
export function storing(text: Buffer): Promise<Uint8Array> {
  return Promise.resolve(gzipSync(text, { level: 0 }))
}

/** Bytes which no compression makes smaller: a cipher's key stream, as that is quickly made. */
export function noise(bytes: number, random: SeededRandom): Uint8Array {
  const key = Uint32Array.from({ length: 4 }, () => random.next() * 2 ** 32)
  return createCipheriv('aes-128-ctr', new Uint8Array(key.buffer), Buffer.alloc(16)).update(Buffer.alloc(bytes))
}
