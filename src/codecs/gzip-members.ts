import { crc32, inflateRawSync } from 'node:zlib'
import { errorCode, KinloaderError } from '../core/errors.ts'
import { defaultMaxInflatedBytes, inflate } from './inflating.ts'

/** What `GzipMembers` finds. The bytes are valid until it is fed again. */
export interface GzipMember {
  /** As it came. */
  readonly raw: Buffer
  /** Its content, or what came before the damage. */
  readonly bytes: Buffer
  /** `GZIP_DAMAGED`, `INFLATE_LIMIT` or `NO_GZIP`. */
  readonly error?: KinloaderError
}

/**
 * Cuts a stream of gzip members, one after the other, into its members, wherever its chunks begin and end (RFC 1952):
 *
 *     1f 8b 08 flags mtime*4 xfl os [length*2 extra] [name 0] [comment 0] [crc*2]   deflate   crc*4 size*4
 *
 * Nothing tells where a member ends but its inflation. So a member whose end has not come yet is inflated in vain; to
 * keep that rare it is tried again only when half as much again has come, at `quiet`, and at the end. Behind a damage
 * the next member is looked for by its first bytes.
 */
export class GzipMembers {
  readonly #maxMemberBytes: number
  #parts: Buffer[] = []
  #heldBytes = 0
  #nextTryBytes = 0
  #usualBytes = 65_536
  #damagesInARow = 0

  /** `maxMemberBytes`: compressed; default 16 MiB, while a Kinesis record has at most 10. */
  constructor({ maxMemberBytes = 16 * 1024 * 1024 } = {}) {
    this.#maxMemberBytes = maxMemberBytes
  }

  /** Throws `NO_GZIP` when too much in a row is no gzip. */
  push(chunk: Buffer): Iterable<GzipMember> {
    this.#parts.push(chunk)
    this.#heldBytes += chunk.length
    return this.#heldBytes < this.#nextTryBytes ? [] : this.#complete(false)
  }

  /** Nothing has come for a while: what is there may be all. */
  quiet(): Iterable<GzipMember> {
    return this.#complete(false)
  }

  end(): Iterable<GzipMember> {
    return this.#complete(true)
  }

  *#complete(isEnd: boolean): Generator<GzipMember, void> {
    const held = this.#parts.length === 1 ? (this.#parts[0] ?? empty) : Buffer.concat(this.#parts)
    let at = 0
    while (at < held.length) {
      const member = this.#memberAt(held.subarray(at), isEnd)
      if (member === undefined) break
      at += member.raw.length
      yield member
    }
    const rest = held.subarray(at)
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#heldBytes = rest.length
    this.#nextTryBytes = rest.length === 0 ? 0 : Math.max(minTryBytes, rest.length * 1.5)
  }

  /** The member with which the bytes begin; undefined when its end is still to come. */
  #memberAt(held: Buffer, isEnd: boolean): GzipMember | undefined {
    const mayCome = !isEnd && held.length < this.#maxMemberBytes
    const bodyStart = headerEnd(held)
    if (bodyStart === undefined && mayCome) return undefined
    if (bodyStart === undefined || bodyStart < 0) {
      const problem = new KinloaderError('NO_GZIP', 'There is something else between the gzip members.')
      return this.#damaged(held, mayCome, bodyStart === undefined, problem)
    }
    const body = inflatedBody(held.subarray(bodyStart), this.#usualBytes)
    if (body === 'damaged') return this.#damaged(held, mayCome, true)
    const trailer = body === 'cut' ? held.length : bodyStart + body.length
    if (body === 'cut' || trailer + 8 > held.length) return mayCome ? undefined : this.#damaged(held, mayCome, true)
    const raw = held.subarray(0, trailer + 8)
    const { bytes } = body
    this.#damagesInARow = 0
    this.#usualBytes = Math.max(16_384, Math.min(Math.ceil(bytes.length * 1.25), 4 * 1024 * 1024))
    const isWhole = held.readUInt32LE(trailer) === crc32(bytes) && held.readUInt32LE(trailer + 4) === bytes.length
    if (isWhole) return { raw, bytes }
    return { raw, bytes, error: new KinloaderError('GZIP_DAMAGED', 'The checksum of the gzip is wrong.') }
  }

  #damaged(held: Buffer, mayCome: boolean, isGzip: boolean, problem?: KinloaderError): GzipMember | undefined {
    const next = held.indexOf(magic, 1)
    if (next < 0 && mayCome) return undefined
    // To inflate whatever looks like a member inside of a hostile one could take days.
    if (++this.#damagesInARow > maxDamagesInARow) {
      throw new KinloaderError(
        'NO_GZIP',
        'Failed to decode record: the input is not gzip any more; too much is damaged.',
      )
    }
    const raw = next < 0 ? held : held.subarray(0, next)
    if (!isGzip || this.#damagesInARow > maxSalvagesInARow) {
      const error = problem ?? new KinloaderError('GZIP_DAMAGED', 'The gzip is damaged.')
      return { raw, bytes: empty, error }
    }
    const { bytes, error } = inflate(raw)
    return { raw, bytes, error: error ?? problem ?? new KinloaderError('GZIP_DAMAGED', 'The gzip is damaged.') }
  }
}

/** Where the header ends; -1 when it is none, undefined when its end is not there. */
function headerEnd(held: Buffer): number | undefined {
  for (const [at, byte] of magic.entries()) {
    if (at < held.length && held[at] !== byte) return -1
  }
  const flags = held[3]
  if (flags === undefined || held.length < 10) return undefined
  if ((flags & reservedFlags) !== 0) return -1
  let at = 10
  if ((flags & hasExtra) !== 0) {
    if (held.length < at + 2) return undefined
    at += 2 + held.readUInt16LE(at)
  }
  for (const flag of [hasName, hasComment]) {
    if ((flags & flag) === 0) continue
    const end = held.indexOf(0, at)
    if (end < 0) return undefined
    at = end + 1
  }
  if ((flags & hasHeaderCrc) !== 0) at += 2
  return at <= held.length ? at : undefined
}

function inflatedBody(deflated: Buffer, chunkSize: number): { bytes: Buffer; length: number } | 'cut' | 'damaged' {
  try {
    // With `info` the result says how much of the input was used, which the types do not know.
    const { buffer, engine } = inflateRawSync(deflated, {
      chunkSize,
      info: true,
      maxOutputLength: defaultMaxInflatedBytes,
    }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
    return { bytes: buffer, length: engine.bytesWritten }
  } catch (error) {
    return errorCode(error) === 'Z_BUF_ERROR' ? 'cut' : 'damaged'
  }
}

const magic = Buffer.from([0x1f, 0x8b, 0x08])
const empty = Buffer.alloc(0)
const hasHeaderCrc = 2
const hasExtra = 4
const hasName = 8
const hasComment = 16
const reservedFlags = 0xe0
const minTryBytes = 262_144
const maxSalvagesInARow = 10
const maxDamagesInARow = 1000
