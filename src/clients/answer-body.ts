import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** AWS: no answer has more than 10 MiB of data, which are 14 MB in base64, and at most 10,000 keys beside it. */
const maxExpectedBytes = 32 * 1024 * 1024

/**
 * The whole body of an answer. Where its length was announced the chunks are copied to their place as they come: kept
 * until the last one, each answer would take its size twice. What is no stream is given back.
 */
export async function collectBody(stream: unknown): Promise<unknown> {
  if (!(stream instanceof Readable)) return stream
  const length = stream instanceof IncomingMessage ? Number(stream.headers['content-length']) : Number.NaN
  if (!(length <= maxExpectedBytes)) return Buffer.concat((await stream.toArray()) as Uint8Array[])
  return collectSized(stream, length)
}

function collectSized(stream: Readable, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const body = Buffer.allocUnsafe(length)
    let filled = 0
    stream.on('data', (chunk: Uint8Array) => {
      body.set(chunk, filled)
      filled += chunk.length
    })
    stream.on('end', () => {
      resolve(body.subarray(0, filled))
    })
    stream.on('error', reject)
    stream.on('close', () => {
      reject(new Error('The connection was closed before the end of an answer.'))
    })
  })
}
