import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

// The least a process can do to put lines as log records: the fastest calls known, no shards, limits, retries or
// faults. `node put-records.ts <endpoint> <file of lines> <events a record> <records a call>`; the result is a line on
// standard error.
const [endpoint = '', file = ''] = process.argv.slice(2)
const [eventsPerRecord = 0, recordsPerCall = 0] = process.argv.slice(4).map(Number)
const metadata =
  '{"unbroken":false,"source":"/var/log/app/server.log","sourcetype":"app:server","host":"web-17.example.com",' +
  '"index":"main","enc_id":4611686018427387905,"block_id":0}\n'
const agent = new Agent({ keepAlive: true, maxSockets: 3 })
const compress = promisify<Buffer, object, Buffer>(gzip)
const lines = readFileSync(file)
const startedMs = performance.now()
const before = process.cpuUsage()
let [events, wireBytes, at] = [0, 0, 0]

async function record(): Promise<string> {
  let text = metadata
  const last = events + eventsPerRecord
  for (; events < last && at < lines.length; events++) {
    const end = lines.indexOf(10, at)
    text += `{"is_done":true,"data":"${lines.toString('base64', at, end)}"}\n`
    at = end + 1
  }
  const key = `broken-${events}`
  const data = await compress(Buffer.from(text, 'latin1'), { level: 6, memLevel: 9 })
  wireBytes += data.length + key.length
  return `{"Data":"${data.toString('base64')}","PartitionKey":"${key}"}`
}
async function put(records: readonly string[]): Promise<void> {
  const body = Buffer.from(`{"StreamName":"bench","Records":[${records.join(',')}]}`, 'latin1')
  const headers = { 'x-amz-target': 'Kinesis_20131202.PutRecords', 'content-type': 'application/x-amz-json-1.1' }
  const sent = request(endpoint, { method: 'POST', agent, headers }).end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const answer = JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString('latin1')) as object
  if ((answer as Record<string, number>)['FailedRecordCount'] !== 0) throw new Error('a record was not taken')
}
const calls: Promise<void>[] = []
while (at < lines.length) {
  const records: Promise<string>[] = []
  while (at < lines.length && records.length < recordsPerCall) records.push(record())
  calls.push(put(await Promise.all(records)))
  if (calls.length === 3) await calls.shift()
}
await Promise.all(calls)
agent.destroy()
const { user, system } = process.cpuUsage(before)
const cost = { cpuSeconds: (user + system) / 1e6, peakRssMiB: process.resourceUsage().maxRSS / 1024 }
const wallSeconds = (performance.now() - startedMs) / 1000
console.error(JSON.stringify({ events, wireBytes, wallSeconds, ...cost }))
