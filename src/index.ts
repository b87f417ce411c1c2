// The library: a log sender and a reader for Amazon Kinesis, and the parts they are made of. What is not named here is
// not public.

export { openLogSender, type LogSender, type LogSenderOptions } from './wiring/log-sender.ts'
export type { EventMetadata, EventWriterOptions } from './sinks/kinesis/event-writer.ts'
export type { SenderStatistics } from './sinks/kinesis/put-statistics.ts'
export type { Undelivered } from './sinks/kinesis/sender.ts'

export { openKinesisReader, type KinesisReader, type KinesisReaderOptions } from './wiring/kinesis-reader.ts'
export type { InitialPosition } from './sources/kinesis/origin.ts'
export type { KinesisRecord } from './sources/kinesis/record.ts'

export { MemoryCheckpointStore } from './checkpoints/memory.ts'
export { FilesystemCheckpointStore, type FilesystemCheckpointStoreOptions } from './checkpoints/filesystem.ts'
export { type DynamoDbStoreOptions, openDynamoDbStore } from './wiring/dynamodb-store.ts'

export {
  decodeLogRecord,
  type DecodedLogRecord,
  logRecordDecoder,
  type LogRecordMetadata,
} from './codecs/log-record.ts'
export { encodeLogRecord, type LogRecordEntry } from './codecs/log-record-encoding.ts'
export { partitionKeyOf } from './codecs/partition-key.ts'
export { autoDecoder } from './codecs/auto.ts'
export { cloudWatchDecoder } from './codecs/cloudwatch.ts'
export { jsonLinesDecoder } from './codecs/json-lines.ts'
export { textDecoder } from './codecs/text.ts'
export { formatRfc3339, parseRfc3339 } from './codecs/rfc3339.ts'

export type { CheckpointStore } from './core/checkpoint.ts'
export type { Clock } from './core/clock.ts'
export type { Decoded, Decoder, Encoder } from './core/codec.ts'
export { errorCode, KinloaderError } from './core/errors.ts'
export type { EventTime, LogEvent } from './core/event.ts'
export { type LogFields, type Logger, silentLogger } from './core/logger.ts'
export { pump, type PumpOptions } from './core/pump.ts'
export type { Receipt, Sink } from './core/sink.ts'
export type { Delivery, LaneStatus, Source } from './core/source.ts'
export { createStderrLogger, type StderrLoggerOptions } from './host/stderr-logger.ts'
export { systemClock } from './host/system-clock.ts'
