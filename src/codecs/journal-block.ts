import type { IdentifiedBlock, MessageBlock, MessageFormat } from '../core/message-block.ts'
import { Messages } from '../core/messages.ts'

/**
 * A block of messages as the journal keeps it; numbers are big-endian.
 *
 *      0      1       2      4       12          28      32      33       33 + a               33 + a + 8n
 *     ┌──────┬───────┬──────┬───────┬───────────┬───────┬───────┬─────────┬───────────────────┬──────────┐
 *     │layout│format │ port │ time  │ first id  │ count │   a   │ address │ n × (start, end)  │ m bytes  │
 *     └──────┴───────┴──────┴───────┴───────────┴───────┴───────┴─────────┴───────────────────┴──────────┘
 *      layout   2; another one is not read
 *      format   1 syslog · 2 GELF
 *      time     when it was received: a double, milliseconds since 1970
 *      first id the 16 bytes of the first message's GUID; each further message's is one more in the last 48 bits
 *      count    n, at least 1
 *      a        bytes of the address, which is ASCII
 *      start    where a message begins in the m bytes; what stands between messages, as the LF of lines, is nobody's,
 *      end      and is here because a copy of all at once costs a tenth of one of each
 *
 * What tells a damaged block from a whole one is the CRC of the frame around it.
 */
const fixedBytes = 33
const layout = 2
const formats: readonly MessageFormat[] = ['syslog', 'gelf']

/** What `encodeJournalBlock` writes. */
export function journalBlockBytes({ address, messages: { count, start, end } }: MessageBlock): number {
  return fixedBytes + address.length + 8 * count + end - start
}

/**
 * Writes the block into `target` from `at` on, which must have room, and returns where it ends. The address is at most
 * 255 characters of ASCII. `firstId`: 16 bytes.
 */
export function encodeJournalBlock(block: MessageBlock, firstId: Uint8Array, target: Buffer, at: number): number {
  const { address, messages } = block
  const { bytes, bounds, count, start, end } = messages
  target[at] = layout
  target[at + 1] = 1 + formats.indexOf(block.format)
  target.writeUInt16BE(block.port, at + 2)
  target.writeDoubleBE(block.receivedMs, at + 4)
  target.set(firstId, at + 12)
  target.writeUInt32BE(count, at + 28)
  target[at + 32] = address.length
  target.write(address, at + fixedBytes, 'latin1')
  let boundAt = at + fixedBytes + address.length
  for (let index = 0; index < 2 * count; index++) {
    const place = (bounds[index] ?? 0) - start
    target[boundAt] = place >>> 24
    target[boundAt + 1] = place >>> 16
    target[boundAt + 2] = place >>> 8
    target[boundAt + 3] = place
    boundAt += 4
  }
  target.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), boundAt)
  return boundAt + end - start
}

/** The messages are in the given bytes. Undefined when no encoder of this layout wrote them. Never throws. */
export function decodeJournalBlock(bytes: Buffer): IdentifiedBlock | undefined {
  if (bytes.length < fixedBytes || bytes[0] !== layout) return undefined
  const format = formats[(bytes[1] ?? 0) - 1]
  const count = bytes.readUInt32BE(28)
  const boundsStart = fixedBytes + (bytes[32] ?? 0)
  const start = boundsStart + 8 * count
  if (format === undefined || count === 0 || start > bytes.length) return undefined
  let last = 0
  for (let at = boundsStart; at < start; at += 4) {
    const bound = bytes.readUInt32BE(at)
    if (bound < last) return undefined
    last = bound
  }
  if (bytes.readUInt32BE(boundsStart) !== 0 || start + last !== bytes.length) return undefined
  return new StoredBlock(bytes, format, count)
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

  get messages(): Messages {
    const bytes = this.#bytes
    const boundsStart = fixedBytes + this.address.length
    const start = boundsStart + 8 * this.#count
    const messages = new Messages(bytes, this.#count)
    for (let at = boundsStart; at < start; at += 8) {
      messages.add(start + bytes.readUInt32BE(at), start + bytes.readUInt32BE(at + 4))
    }
    return messages
  }
}

function guid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
