import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'

// The least a process can do to dump the records of a stream as JSON lines: the fastest calls known, no checkpoints,
// limits or faults. `node dumpstream.ts <endpoint>`; the result is a line on standard error.
interface KinesisRecord {
  readonly ApproximateArrivalTimestamp: number
  readonly PartitionKey: string
  readonly SequenceNumber: string
  readonly Data: string
}
type Answer = Record<string, string> & { Records: KinesisRecord[]; Shards: { ShardId: string }[] }
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
let [records, bytesOut] = [0, 0]

async function call(operation: string, input: object): Promise<Answer> {
  const headers = { 'x-amz-target': `Kinesis_20131202.${operation}`, 'content-type': 'application/x-amz-json-1.1' }
  const sent = request(process.argv[2] ?? '', { method: 'POST', agent, headers }).end(JSON.stringify(input))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString('latin1')) as Answer
}
function put(text: string): void {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
  bytesOut += bytes.length
}
async function readShard({ ShardId }: { ShardId: string }): Promise<void> {
  let next = (await call('GetShardIterator', { ShardId, ShardIteratorType: 'TRIM_HORIZON' }))['ShardIterator']
  while (next) {
    const answer = await call('GetRecords', { ShardIterator: next })
    next = answer['NextShardIterator']
    let out = ''
    for (const { ApproximateArrivalTimestamp, PartitionKey, SequenceNumber, Data } of answer.Records) {
      const arrival = new Date(ApproximateArrivalTimestamp * 1000).toISOString()
      out += `{"arrival_time":"${arrival}","partition_key":"${PartitionKey}","seq":"${SequenceNumber}","data":"${Data}"}\n`
      records++
    }
    put(out)
  }
}
await Promise.all((await call('ListShards', { StreamName: 'bench' })).Shards.map(readShard))
agent.destroy()
const { user, system } = process.cpuUsage()
const cost = { cpuSeconds: (user + system) / 1e6, peakRssMiB: process.resourceUsage().maxRSS / 1024 }
console.error(JSON.stringify({ records, bytesOut, wallSeconds: performance.now() / 1e3, ...cost }))
