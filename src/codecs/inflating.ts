import { constants, gunzipSync } from 'node:zlib'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'

/**
 * Gunzip for payloads nobody vouches for: bounded, and what precedes a damage survives.
 *
 * One payload may hold several members one after the other; zero padding and garbage behind the last are ignored, as
 * gzip(1) does.
 */
export interface Inflated {
  /** All of it, or what came before the damage or the limit. */
  readonly bytes: Buffer
  /** `GZIP_DAMAGED` or `INFLATE_LIMIT`; absent when the payload was whole and small enough. */
  readonly error?: KinloaderError
}

/** 32 MiB: a 1 MiB record of logs which compress thirty to one fits, a bomb does not. */
export const defaultMaxInflatedBytes = 32 * 1024 * 1024

export function isGzip(payload: Uint8Array): boolean {
  return payload[0] === 0x1f && payload[1] === 0x8b
}

/** `payload` as it stands when it is no gzip, else its content. */
export function inflatedIfGzip(payload: Uint8Array, maxBytes = defaultMaxInflatedBytes): Inflated {
  return isGzip(payload) ? inflate(payload, maxBytes) : { bytes: asBuffer(payload) }
}

export function inflate(payload: Uint8Array, maxBytes = defaultMaxInflatedBytes): Inflated {
  const chunkSize = expectedBytes(payload, maxBytes)
  try {
    return { bytes: gunzipSync(payload, { chunkSize, maxOutputLength: maxBytes }) }
  } catch (error) {
    return salvage(payload, maxBytes, error)
  }
}

/**
 * Gives back the memory of what `inflate` made, which must not be looked at any more. The collector would do it as well,
 * but only after tens of megabytes of such garbage.
 */
export function freeInflated({ bytes }: Inflated): void {
  // What is no larger than Node's pool may share its memory with others.
  if (bytes.byteOffset === 0 && bytes.buffer.byteLength > Buffer.poolSize) {
    ;(bytes.buffer as TransferableBuffer).transfer?.(0)
  }
}

/** ES2024, which the compiler's libraries do not know yet. */
type TransferableBuffer = ArrayBufferLike & { transfer?(newLength: number): ArrayBuffer }

/**
 * The size which the trailer tells, so that the output is one allocation instead of a list of 16 KiB pieces (a third
 * of the time of a 25 KB record). It is only a hint: the trailer may lie, and speaks of the last member alone.
 */
function expectedBytes(payload: Uint8Array, maxBytes: number): number {
  const end = payload.length
  if (end < 18) return 1024
  const told = new DataView(payload.buffer, payload.byteOffset + end - 4, 4).getUint32(0, true)
  return Math.max(1024, Math.min(told + 1, end * 64, maxBytes + 1))
}

/**
 * The synchronous zlib calls give all or nothing, so the damage is found by halving: a prefix inflates without
 * complaint exactly when it ends before the damage. About 15 tries for a record of 25 KB, and only for broken ones.
 * At the limit the last few bytes do not matter: that search stops at a 64th of the payload.
 */
function salvage(payload: Uint8Array, maxBytes: number, reason: unknown): Inflated {
  const tooLarge = errorCode(reason) === 'ERR_BUFFER_TOO_LARGE'
  const grain = tooLarge ? Math.max(1, payload.length >>> 6) : 1
  let bytes = tooLarge ? undefined : inflatedPrefix(payload, maxBytes) // whole when it was only cut short
  let good = bytes === undefined ? 0 : payload.length
  let bad = payload.length
  while (bad - good > grain) {
    const middle = (good + bad) >>> 1
    const prefix = inflatedPrefix(payload.subarray(0, middle), maxBytes)
    if (prefix === undefined) {
      bad = middle
    } else {
      good = middle
      bytes = prefix
    }
  }
  const error = tooLarge
    ? new KinloaderError(
        'INFLATE_LIMIT',
        `The payload inflates to more than ${maxBytes} bytes; what follows is cut off.`,
      )
    : new KinloaderError('GZIP_DAMAGED', `The payload is damaged gzip (${errorText(reason)}); its rest is lost.`, {
        cause: reason,
      })
  return { bytes: bytes ?? Buffer.alloc(0), error }
}

/** What a prefix inflates to, or undefined when it holds the damage or breaks the limit. */
function inflatedPrefix(prefix: Uint8Array, maxBytes: number): Buffer | undefined {
  try {
    return gunzipSync(prefix, {
      chunkSize: Math.max(1024, Math.min(prefix.length * 8, maxBytes + 1)),
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxBytes,
    })
  } catch {
    return undefined
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
