import { decodeLogRecord } from '../../src/codecs/log-record.ts'
import type { LogEvent } from '../../src/core/event.ts'
import type { KinesisEngine } from '../fakes/kinesis/engine.ts'

/** The events in the log records of a stream, shard after shard; throws at a record which is none. */
export function sentEvents(engine: KinesisEngine, stream: string): readonly LogEvent[] {
  return engine.stream(stream).shards.flatMap((shard) =>
    shard.records.flatMap(({ data }) => {
      const { items, error } = decodeLogRecord(data)
      if (error !== undefined) throw error
      return items
    }),
  )
}
