import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { crc32, inflateRawSync } from 'node:zlib'
import { isStarted } from './started.ts'

/** A record as the relay makes it (CloudWatch Logs subscription data). */
export interface DeliveredRecord {
  readonly owner: string
  readonly logGroup: string
  readonly logStream: string
  readonly subscriptionFilters: readonly string[]
  readonly messageType: string
  readonly logEvents: readonly { readonly id: string; readonly timestamp: number; readonly message: string }[]
}

const headerBytes = 10
const trailerBytes = 8

/**
 * The texts of an object which Firehose wrote to S3: gzip members without anything between them. Shares no code with
 * the product, whose work it judges; so it throws where a member is damaged or has a header field which ours have not.
 */
export function* membersOf(object: Buffer): Generator<string, void> {
  for (let at = 0; at < object.length; ) {
    const header = object.subarray(at, at + headerBytes)
    // 1f 8b, deflate, no flags
    if (header.toString('hex', 0, 4) !== '1f8b0800') throw new Error(`no plain gzip member at byte ${at}`)
    const { buffer, engine } = inflateRawSync(object.subarray(at + headerBytes), { info: true }) as unknown as {
      readonly buffer: Buffer
      readonly engine: { readonly bytesWritten: number }
    }
    const end = at + headerBytes + engine.bytesWritten
    if (object.readUInt32LE(end) !== crc32(buffer)) throw new Error(`the member at byte ${at} has another CRC-32`)
    if (object.readUInt32LE(end + 4) !== buffer.length) throw new Error(`the member at byte ${at} has another length`)
    yield new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer)
    at = end + trailerBytes
  }
}

/**
 * Prints the messages in such objects, files or standard input, one after the other.
 *
 *     aws s3 cp s3://logs/2026/11/28/15/relay-1-… - | node scripts/s3-dump.ts --group /kinesyslog/syslog --length 100
 *
 * `--group` prints only those whose logGroup begins so, `--length` only those which have so many bytes or more.
 */
function dump(files: readonly (string | 0)[], group: string, minBytes: number): void {
  for (const file of files) {
    for (const member of membersOf(readFileSync(file))) {
      const { messageType, logGroup, logEvents } = JSON.parse(member) as DeliveredRecord
      if (messageType !== 'DATA_MESSAGE' || !logGroup.startsWith(group)) continue
      const messages = logEvents.map(({ message }) => message).filter((text) => Buffer.byteLength(text) >= minBytes)
      process.stdout.write(messages.map((message) => `${message}\n`).join(''))
    }
  }
}

if (isStarted(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { group: { type: 'string', default: '' }, length: { type: 'string', default: '0' } },
    allowPositionals: true,
  })
  dump(positionals.length === 0 ? [0] : positionals, values.group, Number(values.length))
}
