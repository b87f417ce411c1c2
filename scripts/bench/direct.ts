import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { autoDecoder } from '../../src/codecs/auto.ts'
import { SplunkXmlEncoder } from '../../src/codecs/splunk-xml.ts'
import { Counters } from '../../src/core/metrics.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { SplunkPipeSink } from '../../src/sinks/splunk-pipe/sink.ts'
import { Measure } from './measure.ts'

// Our codecs and the pipe to Splunk behind the HTTP calls of the floors: what the rest of the product costs is the
// difference to the product. `node direct.ts <endpoint>`; the result is a line on standard error.

interface Answer {
  readonly Shards: { readonly ShardId: string }[]
  readonly ShardIterator: string
  readonly NextShardIterator: string | null
  readonly Records: { readonly Data: string }[]
}

const measure = new Measure()
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const counters = new Counters()
const encoder = new SplunkXmlEncoder({ counters })
const sink = new SplunkPipeSink({ output: process.stdout, encoder, clock: systemClock, counters })
const { signal } = new AbortController()
let bytesIn = 0

async function call(operation: string, input: object): Promise<Answer> {
  const headers = { 'x-amz-target': `Kinesis_20131202.${operation}`, 'content-type': 'application/x-amz-json-1.1' }
  const sent = request(process.argv[2] ?? '', { method: 'POST', agent, headers }).end(JSON.stringify(input))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString('latin1')) as Answer
}

/** One answer at a time, as the pump has it: decoded events that wait are what makes garbage collection dear. */
let turn = Promise.resolve()

async function carry({ Records }: Answer): Promise<void> {
  for (const { Data } of Records) {
    const payload = Buffer.from(Data, 'base64')
    bytesIn += payload.length
    await sink.write(autoDecoder.decode(payload).items, signal)
  }
}

async function readShard(shardId: string): Promise<void> {
  const start = await call('GetShardIterator', { ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' })
  for (let next: string | null = start.ShardIterator; next !== null; ) {
    const answer: Answer = await call('GetRecords', { ShardIterator: next })
    next = answer.NextShardIterator
    turn = turn.then(() => carry(answer))
    await turn
  }
}

const { Shards } = await call('ListShards', { StreamName: 'bench' })
await Promise.all(Shards.map(({ ShardId }) => readShard(ShardId)))
agent.destroy()
await sink.close(signal)
measure.print({ events: counters.get('events'), bytesIn, bytesOut: counters.get('bytes') })
