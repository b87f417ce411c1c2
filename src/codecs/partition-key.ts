import { createHash, randomBytes } from 'node:crypto'
import { type LogRecordMetadata, probeMark } from './log-record.ts'

/**
 * The partition key senders give to a log record.
 *
 *     broken     broken-<random 63 bit decimal>           a new one for each record, so that they spread over shards
 *     unbroken   unbroken-<md5 of 0::index::source::sourcetype::host>      one shard, because the order matters
 *     probe      __null__
 *
 * The `0` stands where an id of the sender was meant to be; all senders in use write 0.
 */
export function partitionKeyOf(metadata: Omit<LogRecordMetadata, 'encId' | 'blockId'>): string {
  const { unbroken, index, source, sourcetype, host } = metadata
  if (source === probeMark && sourcetype === probeMark && host === probeMark && index === probeMark) return probeMark
  if (!unbroken) return `broken-${String(randomBytes(8).readBigUInt64BE() >> 1n)}`
  const stream = ['0', index, source, sourcetype, host].join('::')
  return `unbroken-${createHash('md5').update(stream).digest('hex')}`
}
