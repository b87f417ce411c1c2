import { crc32 } from 'node:zlib'
import type { GelfChunk } from './chunk.ts'

/** The chunks of one message, as far as they have come. */
export class ChunkSet {
  readonly key: string
  readonly sender: string
  readonly firstMs: number
  readonly #chunks: (Uint8Array | undefined)[]
  #missing: number
  #dataBytes = 0
  #heldBytes = setOverheadBytes

  constructor(key: string, sender: string, count: number, firstMs: number) {
    this.key = key
    this.sender = sender
    this.firstMs = firstMs
    this.#chunks = new Array<undefined>(count).fill(undefined)
    this.#missing = count
  }

  get count(): number {
    return this.#chunks.length
  }

  get isComplete(): boolean {
    return this.#missing === 0
  }

  /** Of the message, as it was sent. */
  get dataBytes(): number {
    return this.#dataBytes
  }

  /** What it costs in memory: the empty chunks of a hostile set are not for nothing. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  has(sequence: number): boolean {
    return this.#chunks[sequence] !== undefined
  }

  /** Copies it. */
  add({ sequence, data }: GelfChunk): void {
    // Not of Node's pool, 8 KiB of which a single byte would keep alive.
    this.#chunks[sequence] = new Uint8Array(data)
    this.#missing--
    this.#dataBytes += data.length
    this.#heldBytes += data.length + chunkOverheadBytes
  }

  /** The message, once it is complete. */
  payload(): Buffer {
    return Buffer.concat(this.#present())
  }

  /** By which its chunks are known when they come once more. */
  checksums(): Uint32Array {
    return Uint32Array.from(this.#present(), (chunk) => crc32(chunk))
  }

  #present(): Uint8Array[] {
    return this.#chunks.filter((chunk) => chunk !== undefined)
  }
}

const setOverheadBytes = 512
const chunkOverheadBytes = 256
