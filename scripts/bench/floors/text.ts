import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { gunzipSync } from 'node:zlib'

// The least a process can do to make events for splunkd of gzipped lines from GetRecords: the fastest calls known, no
// checkpoints, limits or faults. `node text.ts <endpoint> [xml before each <data>]`; the result is on standard error.
type Answer = Record<string, string> & { Records: { Data: string }[]; Shards: { ShardId: string }[] }
const [endpoint = '', origin = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
let [events, bytesIn, bytesOut] = [0, 0, 0]

async function call(operation: string, input: object): Promise<Answer> {
  const headers = { 'x-amz-target': `Kinesis_20131202.${operation}`, 'content-type': 'application/x-amz-json-1.1' }
  const sent = request(endpoint, { method: 'POST', agent, headers }).end(JSON.stringify(input))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString('latin1')) as Answer
}
function escaped(text: string): string {
  if (!/[&<>]/.test(text)) return text
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
async function put(text: string): Promise<void> {
  const bytes = Buffer.from(text)
  bytesOut += bytes.length
  await new Promise((taken) => process.stdout.write(bytes, taken))
}
async function readShard({ ShardId }: { ShardId: string }): Promise<void> {
  let next = (await call('GetShardIterator', { ShardId, ShardIteratorType: 'TRIM_HORIZON' }))['ShardIterator']
  while (next) {
    const answer = await call('GetRecords', { ShardIterator: next })
    next = answer['NextShardIterator']
    for (const { Data } of answer.Records) {
      const gzip = Buffer.from(Data, 'base64')
      const text = gunzipSync(gzip, { chunkSize: gzip.readUInt32LE(gzip.length - 4) + 1 }).toString()
      // Escaped as a whole: no character that is escaped ends a line.
      const lines = escaped(text).split('\n')
      let out = ''
      for (let i = 0; i < lines.length - 1; i++) out += `<event>${origin}<data>${lines[i] ?? ''}</data></event>\n`
      events += lines.length - 1
      bytesIn += gzip.length
      await put(out)
    }
  }
}
await put('<stream>\n')
await Promise.all((await call('ListShards', { StreamName: 'bench' })).Shards.map(readShard))
await put('</stream>\n')
agent.destroy()
const { user, system } = process.cpuUsage()
const cost = { cpuSeconds: (user + system) / 1e6, peakRssMiB: process.resourceUsage().maxRSS / 1024 }
console.error(JSON.stringify({ events, bytesIn, bytesOut, wallSeconds: performance.now() / 1e3, ...cost }))
