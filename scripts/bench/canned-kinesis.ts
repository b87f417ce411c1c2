import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { asLogRecord, asText, corpus } from './corpus.ts'

// A Kinesis whose answers are ready before the first question: each shard gives a fixed number of full GetRecords
// answers as fast as they are asked for, then ends. A process of its own, so that its work is not counted. Prints
// one line of JSON when it listens, and ends with its standard input.

const { values } = parseArgs({
  options: {
    format: { type: 'string', default: 'log-record' },
    shards: { type: 'string', default: '40' },
    'answers-per-shard': { type: 'string', default: '3' },
    'records-per-answer': { type: 'string', default: '80' },
    'events-per-record': { type: 'string' }, // by default what makes records of about 25 KB
    seed: { type: 'string', default: '1' },
  },
})
const shards = Number(values.shards)
const answersPerShard = Number(values['answers-per-shard'])
const recordsPerAnswer = Number(values['records-per-answer'])
const isText = values.format === 'text'
const eventsPerRecord = Number(values['events-per-record'] ?? (isText ? 520 : 340))

const sequenceDigits = 56
const payloads: Buffer[] = []
for (const events of corpus({ seed: Number(values.seed), records: recordsPerAnswer, eventsPerRecord })) {
  payloads.push(isText ? asText(events) : asLogRecord(events))
}
const recordPrefix = '{"SequenceNumber":"'
const records = payloads.map((payload, i) =>
  Buffer.from(
    `${recordPrefix}${'0'.repeat(sequenceDigits)}","ApproximateArrivalTimestamp":1767225600.123,` +
      `"PartitionKey":"broken-${i}","Data":"${payload.toString('base64')}"}`,
  ),
)
const recordsPerShard = answersPerShard * recordsPerAnswer

const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/bench'
const drained = new Set<number>()
const comma = Buffer.from(',')

interface CallInput {
  readonly ShardId?: string
  readonly ShardIterator?: string
  readonly ShardIteratorType?: string
  readonly StartingSequenceNumber?: string
  readonly Limit?: number
}

function sequenceNumber(shard: number, ordinal: number): string {
  const tail = `${String(shard).padStart(4, '0')}${String(ordinal).padStart(12, '0')}`
  return `49${tail.padStart(sequenceDigits - 2, '0')}`
}

/** An iterator is the shard and how many of its records come before. */
function getRecords(iterator: string, limit: number): Buffer {
  const [shard = 0, first = 0] = iterator.split('/').map(Number)
  const end = Math.min(first + Math.min(limit, recordsPerAnswer), recordsPerShard)
  if (end === recordsPerShard) drained.add(shard)
  const next = end === recordsPerShard ? '"NextShardIterator":null' : `"NextShardIterator":"${shard}/${end}"`
  const pieces = [Buffer.from(`{${next},"MillisBehindLatest":${end === recordsPerShard ? 0 : 60_000},"Records":[`)]
  const sequenceAt: number[] = []
  let length = pieces[0]?.length ?? 0
  for (let ordinal = first; ordinal < end; ordinal++) {
    const record = records[ordinal % recordsPerAnswer] ?? Buffer.alloc(0)
    if (ordinal > first) pieces.push(comma)
    sequenceAt.push(length + (ordinal > first ? 1 : 0) + recordPrefix.length)
    length += record.length + (ordinal > first ? 1 : 0)
    pieces.push(record)
  }
  const body = Buffer.concat([...pieces, Buffer.from(']}')])
  sequenceAt.forEach((at, i) => body.write(sequenceNumber(shard, first + i + 1), at, 'latin1'))
  return body
}

/** After the record named, else from the beginning: nobody comes late to a bench. */
function iteratorOf(input: CallInput): string {
  const after = input.ShardIteratorType === 'AFTER_SEQUENCE_NUMBER' ? input.StartingSequenceNumber : undefined
  return `${Number(input.ShardId?.slice(-12))}/${after === undefined ? 0 : Number(after.slice(-12))}`
}

function listShards(): object {
  const size = 2n ** 128n / BigInt(shards)
  const described = Array.from({ length: shards }, (_, shard) => ({
    ShardId: shardId(shard),
    HashKeyRange: {
      StartingHashKey: String(BigInt(shard) * size),
      EndingHashKey: String(shard + 1 === shards ? 2n ** 128n - 1n : BigInt(shard + 1) * size - 1n),
    },
    SequenceNumberRange: {
      StartingSequenceNumber: sequenceNumber(shard, 0),
      ...(drained.has(shard) && { EndingSequenceNumber: sequenceNumber(shard, recordsPerShard + 1) }),
    },
  }))
  return { Shards: described }
}

function shardId(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`
}

function answer(operation: string, input: CallInput): Buffer | object {
  switch (operation) {
    case 'GetRecords':
      return getRecords(input.ShardIterator ?? '', input.Limit ?? 10_000)
    case 'GetShardIterator':
      return { ShardIterator: iteratorOf(input) }
    case 'ListShards':
      return listShards()
    case 'DescribeStreamSummary':
      return {
        StreamDescriptionSummary: {
          StreamName: 'bench',
          StreamARN: arn,
          StreamStatus: 'ACTIVE',
          StreamCreationTimestamp: 1_767_225_600,
          RetentionPeriodHours: 24,
          EnhancedMonitoring: [],
          OpenShardCount: shards,
        },
      }
    default:
      return { __type: 'UnknownOperationException' }
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
  })
  request.on('end', () => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const text = Buffer.concat(chunks).toString()
    const input = (text === '' ? {} : JSON.parse(text)) as CallInput
    const answered = answer(operation, input)
    const body = Buffer.isBuffer(answered) ? answered : Buffer.from(JSON.stringify(answered))
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': body.length })
    response.end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a TCP server has no other kind
  const total = shards * answersPerShard * recordsPerAnswer
  const recordBytes = payloads.reduce((sum, { length }) => sum + length, 0) / payloads.length
  const facts = {
    events: total * eventsPerRecord,
    records: total,
    bytesIn: Math.round(total * recordBytes),
    recordBytes,
  }
  process.stdout.write(`${JSON.stringify({ endpoint: `http://127.0.0.1:${port}`, shards, ...facts })}\n`)
})
process.stdin.on('end', () => process.exit()).resume()
