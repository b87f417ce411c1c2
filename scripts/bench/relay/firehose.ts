import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { startFakeFirehose } from '../../../test/fakes/firehose/http-door.ts'
import { MessageDigest } from './messages.ts'

// The fake Firehose as a process of its own, which keeps what it is given. Prints its endpoint; at the end of standard
// input what the records hold, and what the gzip file holds whose name was given there. `refusing`: nothing is taken.
const isRefusing = process.argv[2] === 'refusing'
const fake = await startFakeFirehose({ streams: { bench: isRefusing ? { recordsPerSecond: 0 } : {} } })
process.stdout.write(`${fake.endpoint}\n`)
const file = Buffer.concat((await process.stdin.toArray()) as Buffer[]).toString()
const digest = new MessageDigest()
for (const { data } of fake.records()) {
  const { logEvents } = JSON.parse(gunzipSync(data).toString()) as { logEvents: { message: string }[] }
  for (const { message } of logEvents) digest.add(message)
}
if (file !== '') {
  const lines = gunzipSync(readFileSync(file))
  for (let at = 0, end = 0; (end = lines.indexOf(10, at)) >= 0; at = end + 1) digest.add(lines.subarray(at, end))
}
process.stdout.write(`${JSON.stringify({ messages: digest.count, digest: digest.text })}\n`)
await fake.close()
