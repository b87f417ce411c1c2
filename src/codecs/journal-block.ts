import type { IdentifiedBlock, MessageBlock, MessageFormat } from '../core/message-block.ts'

/**
 * A block of messages as the journal keeps it; numbers are big-endian.
 *
 *      0      1       2      4       12          28      32      33       33 + a            33 + a + 4n
 *     ┌──────┬───────┬──────┬───────┬───────────┬───────┬───────┬─────────┬────────────────┬───────────┐
 *     │layout│format │ port │ time  │ first id  │ count │   a   │ address │ n × length     │ n messages│
 *     └──────┴───────┴──────┴───────┴───────────┴───────┴───────┴─────────┴────────────────┴───────────┘
 *      layout   1; another one is not read
 *      format   1 syslog · 2 GELF
 *      time     when it was received: a double, milliseconds since 1970
 *      first id the 16 bytes of the first message's GUID; each further message's is one more in the last 48 bits
 *      count    n, at least 1
 *      a        bytes of the address, which is ASCII
 *      length   bytes of the message; nothing stands between messages, and nothing behind the last
 *
 * What tells a damaged block from a whole one is the CRC of the frame around it.
 */
const fixedBytes = 33
const layout = 1
const formats: readonly MessageFormat[] = ['syslog', 'gelf']

/** Bytes of all messages together. */
export function messageBytes({ messages }: MessageBlock): number {
  let bytes = 0
  for (const message of messages) bytes += message.length
  return bytes
}

/** What `encodeJournalBlock` writes for a block with so many bytes of messages. */
export function journalBlockBytes(block: MessageBlock, bytes: number): number {
  return fixedBytes + block.address.length + 4 * block.messages.length + bytes
}

/**
 * Writes the block into `target` from `at` on, which must have room, and returns where it ends. The address is at most
 * 255 characters of ASCII. `firstId`: 16 bytes.
 */
export function encodeJournalBlock(block: MessageBlock, firstId: Uint8Array, target: Buffer, at: number): number {
  const { address, messages } = block
  target[at] = layout
  target[at + 1] = 1 + formats.indexOf(block.format)
  target.writeUInt16BE(block.port, at + 2)
  target.writeDoubleBE(block.receivedMs, at + 4)
  target.set(firstId, at + 12)
  target.writeUInt32BE(messages.length, at + 28)
  target[at + 32] = address.length
  target.write(address, at + fixedBytes, 'latin1')
  let lengthAt = at + fixedBytes + address.length
  let messageAt = lengthAt + 4 * messages.length
  for (const message of messages) {
    const { length } = message
    target[lengthAt] = length >>> 24
    target[lengthAt + 1] = length >>> 16
    target[lengthAt + 2] = length >>> 8
    target[lengthAt + 3] = length
    lengthAt += 4
    target.set(message, messageAt)
    messageAt += length
  }
  return messageAt
}

/** The messages are views of the given bytes. Undefined when no encoder of this layout wrote them. Never throws. */
export function decodeJournalBlock(bytes: Buffer): IdentifiedBlock | undefined {
  if (bytes.length < fixedBytes || bytes[0] !== layout) return undefined
  const format = formats[(bytes[1] ?? 0) - 1]
  const count = bytes.readUInt32BE(28)
  const lengthsStart = fixedBytes + (bytes[32] ?? 0)
  let at = lengthsStart + 4 * count
  if (format === undefined || count === 0 || at > bytes.length) return undefined
  for (let index = 0; index < count; index++) at += bytes.readUInt32BE(lengthsStart + 4 * index)
  return at === bytes.length ? new StoredBlock(bytes, format, count) : undefined
}

/**
 * Its messages are made whenever they are asked for: those of a whole segment at once would outlive the young generation.
 */
class StoredBlock implements IdentifiedBlock {
  readonly format: MessageFormat
  readonly address: string
  readonly port: number
  readonly receivedMs: number
  readonly firstId: string
  readonly #bytes: Buffer
  readonly #count: number

  constructor(bytes: Buffer, format: MessageFormat, count: number) {
    this.format = format
    this.address = bytes.toString('latin1', fixedBytes, fixedBytes + (bytes[32] ?? 0))
    this.port = bytes.readUInt16BE(2)
    this.receivedMs = bytes.readDoubleBE(4)
    this.firstId = guid(bytes.toString('hex', 12, 28))
    this.#bytes = bytes
    this.#count = count
  }

  get messages(): readonly Uint8Array[] {
    const bytes = this.#bytes
    const messages: Uint8Array[] = []
    let lengthAt = fixedBytes + this.address.length
    let at = lengthAt + 4 * this.#count
    for (let index = 0; index < this.#count; index++, lengthAt += 4) {
      const end = at + bytes.readUInt32BE(lengthAt)
      messages.push(bytes.subarray(at, end))
      at = end
    }
    return messages
  }
}

function guid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
