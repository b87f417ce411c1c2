import type { Decoder } from '../core/codec.ts'
import { errorText } from '../core/errors.ts'
import type { LogEvent } from '../core/event.ts'
import type { Logger } from '../core/logger.ts'
import { Counters } from '../core/metrics.ts'
import { Repeats } from '../core/repeats.ts'
import type { KinesisRecord } from '../sources/kinesis/record.ts'

export const undecodableSourcetype = 'kinloader:undecodable'

/**
 * Kinesis records to events, with counters by shard. A record which a sender put twice, because it could not know that
 * the first had arrived, is passed over the second time. Never throws: a record which cannot be decoded must not stop
 * its shard. What was decoded before the corruption goes out, then the whole record as it is, in one JSON event:
 *
 *     {"shard":"shardId-…","sequence_number":"…","arrival_time":"…","error":"…","data":"<base64>"}
 */
export class RecordEvents {
  readonly #decoder: Decoder<LogEvent>
  readonly #logger: Logger
  readonly #counters = new Map<string, Counters>()
  readonly #repeats = new Repeats()

  constructor(decoder: Decoder<LogEvent>, logger: Logger) {
    this.#decoder = decoder
    this.#logger = logger
  }

  readonly decode = (record: KinesisRecord): readonly LogEvent[] => {
    const { items, error, batchId } = this.#decoder.decode(record.data)
    const counters = this.counters(record.shardId)
    // Passed over is not lost: the first is acked only when it is safe, and is read again after a crash before that.
    if (batchId !== undefined && this.#repeats.has(batchId)) {
      counters.add('repeated')
      return []
    }
    counters.add('events', items.length)
    if (error === undefined) {
      if (batchId !== undefined) this.#repeats.remember(batchId)
      return items
    }
    counters.add('undecodable')
    if (counters.get('undecodable') === 1) {
      this.#logger.warn('undecodable', {
        shard: record.shardId,
        sequence_number: record.sequenceNumber,
        error: errorText(error),
        effect: `such records are indexed as they are, sourcetype ${undecodableSourcetype}; told once a shard`,
      })
    }
    return [...items, undecodable(record, error)]
  }

  /** `events`, `undecodable`, `repeated` and whatever else is counted by shard. */
  counters(shardId: string): Counters {
    const known = this.#counters.get(shardId)
    if (known !== undefined) return known
    const counters = new Counters()
    this.#counters.set(shardId, counters)
    return counters
  }

  /** Forgets shards which have left the stream. */
  keep(shardIds: ReadonlySet<string>): void {
    for (const shardId of this.#counters.keys()) if (!shardIds.has(shardId)) this.#counters.delete(shardId)
  }
}

function undecodable(record: KinesisRecord, error: Error): LogEvent {
  const { shardId, sequenceNumber, arrivedMs, data } = record
  return {
    message: JSON.stringify({
      shard: shardId,
      sequence_number: sequenceNumber,
      ...(arrivedMs !== undefined && { arrival_time: new Date(arrivedMs).toISOString() }),
      error: errorText(error),
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    }),
    sourcetype: undecodableSourcetype,
  }
}
