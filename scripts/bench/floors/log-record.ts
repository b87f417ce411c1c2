import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
// The least a process can do to make events for splunkd of log records from GetRecords: the fastest calls known, no
// checkpoints, limits or faults. `node log-record.ts <endpoint>`; the result is a line on standard error.
type Answer = Record<string, string> & { Records: { Data: string }[]; Shards: { ShardId: string }[] }
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const tags = ['source', 'sourcetype', 'index', 'host']
let [events, bytesIn, bytesOut, second, secondText] = [0, 0, 0, '-', '']
async function call(operation: string, input: object): Promise<Answer> {
  const headers = { 'x-amz-target': `Kinesis_20131202.${operation}`, 'content-type': 'application/x-amz-json-1.1' }
  const sent = request(process.argv[2] ?? '', { method: 'POST', agent, headers }).end(JSON.stringify(input))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString('latin1')) as Answer
}
function escaped(text: string): string {
  if (!/[&<>]/.test(text)) return text
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
function epoch(ts: string): string {
  if (!ts.startsWith(second)) {
    second = ts.slice(0, 19)
    secondText = String(Date.parse(`${second}Z`) / 1000)
  }
  return `${secondText}.${ts.slice(20, -1).padEnd(Math.ceil((ts.length - 21) / 3) * 3, '0')}`
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
      bytesIn += gzip.length
      const inflated = gunzipSync(gzip, { chunkSize: gzip.readUInt32LE(gzip.length - 4) + 1 })
      const lines = inflated.toString().split('\n')
      const said = JSON.parse(lines[0] ?? '') as Record<string, string>
      const origin = `</time>${tags.map((tag) => `<${tag}>${escaped(said[tag] ?? '')}</${tag}>`).join('')}<data>`
      let out = ''
      for (let i = 1; i < lines.length - 1; i++) {
        const { ts, data } = JSON.parse(lines[i] ?? '') as { ts: string; data: string }
        out += `<event><time>${epoch(ts)}${origin}${escaped(Buffer.from(data, 'base64').toString())}</data></event>\n`
      }
      events += lines.length - 2
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
