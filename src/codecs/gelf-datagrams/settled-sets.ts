import { crc32 } from 'node:zlib'
import type { GelfChunk } from './chunk.ts'

/**
 * The chunk sets which became messages, for as long as copies of their chunks may still come: a network which sends a
 * datagram twice may do so with the last one, and its copy must not wait for the others of a message which is there.
 *
 * Only the same chunk is a copy, so that a sender who gives two messages one id loses none of them. Sets are forgotten
 * after one to two lifetimes, sooner when there are too many; later copies count as messages which never got complete.
 */
export class SettledSets {
  readonly #maxSets: number
  readonly #lifetimeMs: number
  /** Checksums of all chunks by key; two generations, so that forgetting costs nothing. */
  #younger = new Map<string, Uint32Array>()
  #older = new Map<string, Uint32Array>()
  #turnedMs = 0

  constructor(maxSets: number, lifetimeMs: number) {
    this.#maxSets = maxSets
    this.#lifetimeMs = lifetimeMs
  }

  add(key: string, checksums: Uint32Array): void {
    if (this.#younger.size >= this.#maxSets / 2) this.#turn()
    this.#younger.set(key, checksums)
  }

  has(key: string, { sequence, count, data }: GelfChunk): boolean {
    const checksums = this.#younger.get(key) ?? this.#older.get(key)
    return checksums?.length === count && checksums[sequence] === crc32(data)
  }

  /** Once a second or so. */
  sweep(nowMs: number): void {
    if (nowMs - this.#turnedMs < this.#lifetimeMs) return
    this.#turnedMs = nowMs
    this.#turn()
  }

  #turn(): void {
    this.#older = this.#younger
    this.#younger = new Map()
  }
}
