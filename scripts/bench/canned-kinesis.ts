import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { CannedPuts } from './canned-puts.ts'
import { asLogRecord, asText, corpus } from './corpus.ts'

// A Kinesis whose answers are ready before the first question: each shard gives a fixed number of full GetRecords
// answers as fast as they are asked for, then ends; what is put is taken at once, and `Taken` tells what it was. A
// process of its own, so that its work is not counted. Prints one line of JSON when it listens, and ends with its
// standard input.

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
/** Each record in the JSON of an answer, up to its sequence number and from there on. */
const recordTails = payloads.map((payload, i) => {
  const data = payload.toString('base64')
  return Buffer.from(`","ApproximateArrivalTimestamp":1767225600.123,"PartitionKey":"broken-${i}","Data":"${data}"}`)
})

const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/bench'
/** Longer than any run: `--until-now` ends where the records are older than its start. */
const behindMs = 3_600_000
/** Each shard has a child, which stays empty and open: how a shard ends. */
const firstChild = 1_000_000
const drained = new Set<number>()
const puts = new CannedPuts(shards)

function sequenceNumber(shard: number, ordinal: number): string {
  const tail = `${String(shard).padStart(4, '0')}${String(ordinal).padStart(12, '0')}`
  return `49${tail.padStart(sequenceDigits - 2, '0')}`
}

/** Iterators are `<shard>/<records read>`; an answer is full, or as long as `Limit` allows. */
function getRecords(iterator: string, limit = recordsPerAnswer): Buffer {
  const [shard = 0, read = 0] = iterator.split('/').map(Number)
  if (shard >= firstChild) return Buffer.from(`{"Records":[],"NextShardIterator":"${iterator}","MillisBehindLatest":0}`)
  const end = Math.min(read + Math.min(limit, recordsPerAnswer), answersPerShard * recordsPerAnswer)
  const parts: Uint8Array[] = []
  for (let at = read; at < end; at += 1) {
    parts.push(Buffer.from(`${at === read ? '{"Records":[' : ','}{"SequenceNumber":"${sequenceNumber(shard, at + 1)}`))
    parts.push(recordTails[at % recordsPerAnswer] ?? Buffer.alloc(0))
  }
  const last = end >= answersPerShard * recordsPerAnswer
  if (last) drained.add(shard)
  const children = `"ChildShards":[{"ShardId":"${shardId(firstChild + shard)}","ParentShards":["${shardId(shard)}"]}]`
  const next = last ? `"NextShardIterator":null,${children}` : `"NextShardIterator":"${shard}/${end}"`
  parts.push(Buffer.from(`],${next},"MillisBehindLatest":${last ? 0 : behindMs}}`))
  return Buffer.concat(parts)
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
      ...(drained.has(shard) && { EndingSequenceNumber: sequenceNumber(shard, 999_999_999) }),
    },
  }))
  return { Shards: described }
}

function shardId(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`
}

function answer(operation: string, input: Readonly<Record<string, unknown>>): Buffer | object {
  switch (operation) {
    case 'GetRecords':
      return getRecords(String(input['ShardIterator']), input['Limit'] as number | undefined)
    case 'GetShardIterator':
      // Whatever the position: a bench begins at the beginning, once.
      return { ShardIterator: `${Number(String(input['ShardId']).slice(-12))}/0` }
    case 'PutRecords':
      return puts.put(input)
    case 'Taken':
      return puts.taken()
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
    const input = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
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
