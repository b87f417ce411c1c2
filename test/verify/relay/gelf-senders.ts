import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { deflateSync, gzip } from 'node:zlib'
import gelf, { type Settings } from 'gelf-pro'

/** What each message of ours has of its own. */
export interface GelfFields {
  readonly short_message: string
  readonly full_message?: string
}

/** The texts which gelf-pro makes of them: what the relay has to deliver, to the byte. */
export function gelfTexts(messages: readonly GelfFields[]): readonly string[] {
  return messages.map((fields) => gelf.getStringFromObject({ ...fields, level: 6, app: 'größe' }))
}

/** Sends them by gelf-pro, one after the other: each over a socket of its own, as it does. */
export async function sendByGelfPro(
  adapterName: 'udp' | 'tcp' | 'tcp-tls',
  adapterOptions: Settings['adapterOptions'],
  texts: readonly string[],
): Promise<void> {
  // Its adapter is made once, with the options it finds then.
  const logger = Object.assign(gelf, { adapter: undefined }).setConfig({ adapterName, adapterOptions })
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => {
      logger.getAdapter().send(text, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
}

/** What gelf-pro never sends: a message as it is, or as gzip, in one datagram without a chunk's header. */
export async function sendDatagrams(port: number, texts: readonly string[], isGzip: boolean): Promise<void> {
  const socket = createSocket('udp4')
  try {
    socket.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    for (const text of texts) {
      const datagram = isGzip ? await promisify(gzip)(text) : Buffer.from(text)
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, (error) => {
          if (error === null) resolve()
          else reject(error)
        })
      })
    }
  } finally {
    socket.close()
  }
}

/**
 * A text which fills its chunks to the last byte. gelf-pro then sends another one with nothing in it, and counts it.
 */
export function fullChunks(number: string, chunkBytes: number): string {
  const random = randomBytes(chunkBytes).toString('hex')
  for (let length = 0; length < random.length; length += 1) {
    const [text = ''] = gelfTexts([{ short_message: number, full_message: random.slice(0, length) }])
    if (deflateSync(text).length === chunkBytes) return text
  }
  return fullChunks(number, chunkBytes) // some sizes are passed over
}
