import { crc32 } from 'node:zlib'

/**
 * What a spool file is made of: frames, one after the other, and nothing else.
 *
 *      0        4      5         8        12            12 + length
 *     ┌────────┬──────┬─────────┬────────┬─────────────┐
 *     │ length │ kind │  check  │  crc   │   payload   │     numbers are big-endian
 *     └────────┴──────┴─────────┴────────┴─────────────┘
 *      length   bytes of the payload, at most 16 MiB
 *      kind     1 an entry · 2 the seal, the last frame of a file
 *      check    the low 24 bits of the CRC-32 of length and kind
 *      crc      the CRC-32 of length, kind and payload
 *
 * The head has a check of its own so that its length can be believed before the payload is there: only then is a
 * file which ends too early known to be torn by a crash (nobody was told that the frame is safe), and not damaged in
 * a length (somebody was).
 */
export interface Frame {
  readonly kind: FrameKind
  readonly payload: Uint8Array
}

export type FrameKind = 'entry' | 'seal'

export const frameHeadBytes = 12
export const maxPayloadBytes = 16 * 1024 * 1024

export interface DecodedFrames {
  /** The entries' payloads, in order. They are views of the given bytes, not copies. */
  readonly entries: Uint8Array[]
  readonly seal?: Uint8Array
  /** Where the last whole frame ends. */
  readonly wholeBytes: number
  /** What comes then: nothing, the beginning of a frame, or something no writer wrote. */
  readonly rest: 'nothing' | 'torn' | 'damaged'
}

export function encodeFrames(frames: readonly Frame[]): Buffer {
  const bytes = Buffer.allocUnsafe(frames.reduce((sum, { payload }) => sum + frameHeadBytes + payload.length, 0))
  let at = 0
  for (const { kind, payload } of frames) {
    bytes.set(payload, at + frameHeadBytes)
    writeFrameHead(kind, bytes, at, payload.length)
    at += frameHeadBytes + payload.length
  }
  return bytes
}

/** Makes a frame of the `length` bytes of payload which stand `frameHeadBytes` behind `at` already. */
export function writeFrameHead(kind: FrameKind, bytes: Buffer, at: number, length: number): void {
  const start = at + frameHeadBytes
  bytes.writeUInt32BE(length, at)
  bytes[at + 4] = kind === 'entry' ? entryKind : sealKind
  const headCrc = crc32(bytes.subarray(at, at + 5))
  bytes.writeUIntBE(headCrc & 0xffffff, at + 5, 3)
  bytes.writeUInt32BE(crc32(bytes.subarray(start, start + length), headCrc), at + 8)
}

/** Never throws, and never yields a frame which was not written: reading ends before the first doubtful byte. */
export function decodeFrames(bytes: Buffer): DecodedFrames {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    if (bytes.length - at < frameHeadBytes) return { entries, wholeBytes: at, rest: 'torn' }
    const length = bytes.readUInt32BE(at)
    const kind = bytes[at + 4]
    const headCrc = crc32(bytes.subarray(at, at + 5))
    const believed = bytes.readUIntBE(at + 5, 3) === (headCrc & 0xffffff)
    if (!believed || length > maxPayloadBytes || (kind !== entryKind && kind !== sealKind)) break
    const start = at + frameHeadBytes
    const end = start + length
    if (end > bytes.length) return { entries, wholeBytes: at, rest: 'torn' }
    const payload = bytes.subarray(start, end)
    if (bytes.readUInt32BE(at + 8) !== crc32(payload, headCrc)) break
    at = end
    if (kind === sealKind) {
      return { entries, seal: payload, wholeBytes: at, rest: at === bytes.length ? 'nothing' : 'damaged' }
    }
    entries.push(payload)
  }
  return { entries, wholeBytes: at, rest: at === bytes.length ? 'nothing' : 'damaged' }
}

const entryKind = 1
const sealKind = 2
