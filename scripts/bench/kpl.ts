import { createHash } from 'node:crypto'

/**
 * Aggregates as the Kinesis Producer Library makes them, to compare sizes with. In its favour one partition key serves
 * all events.
 *
 *     F3 89 9A C2 | AggregatedRecord in protobuf | MD5 of the protobuf (16 bytes)
 *
 *     AggregatedRecord { repeated string partition_key_table = 1; repeated Record records = 3; }
 *     Record           { uint64 partition_key_index = 1; bytes data = 3; }
 */
export function* kplAggregates(events: Iterable<string>, partitionKey: string): Generator<Buffer> {
  const key = Buffer.from(partitionKey)
  const table = field(1, key)
  const framing = magic.length + table.length + 16 + key.length
  let records: Buffer[] = []
  let held = framing
  const finished = (): Buffer => {
    const protobuf = Buffer.concat([table, ...records])
    return Buffer.concat([magic, protobuf, createHash('md5').update(protobuf).digest()])
  }
  for (const event of events) {
    const record = field(3, Buffer.concat([firstKey, field(3, Buffer.from(event))]))
    if (held + record.length > maxAggregateBytes && records.length > 0) {
      yield finished()
      records = []
      held = framing
    }
    records.push(record)
    held += record.length
  }
  if (records.length > 0) yield finished()
}

/** Data and key: the library's own default is that of the data. */
const maxAggregateBytes = 50 * 1024

const magic = Buffer.from('f3899ac2', 'hex')
/** partition_key_index = 0 */
const firstKey = Buffer.from([0x08, 0x00])

/** A field of wire type 2: tag, length, bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  const head = [(number << 3) | 2]
  let length = bytes.length
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([...head, length]), bytes])
}
