import { gunzipSync, inflateSync } from 'node:zlib'
import type { Counters } from '../../core/metrics.ts'
import { asBuffer } from '../as-buffer.ts'
import { compressionOf } from '../gelf-compression.ts'
import { withoutTerminators } from '../framing/datagram.ts'
import { isChunk, readChunk } from './chunk.ts'
import type { ChunkSet } from './chunk-set.ts'
import type { PendingLimits } from './greediest.ts'
import { PendingSets } from './pending-sets.ts'
import { SettledSets } from './settled-sets.ts'

export interface GelfDatagramsOptions {
  /** Of an inflated message; a longer one is dropped. At least 1. */
  readonly maxMessageBytes: number
  /**
   * Gets `received` (one for each message, and one for each which is dropped or discarded), `gelf_sets_complete`,
   * `gelf_chunks_duplicate`, `discarded.empty_datagram`, `dropped.gelf_too_large`, `dropped.gelf_inflate`,
   * `dropped.gelf_chunk_invalid`, `dropped.gelf_set_expired` and `dropped.gelf_set_evicted`.
   */
  readonly counters: Counters
  /** All senders together. Default 1,000 sets and 64 MiB. */
  readonly limits?: PendingLimits
}

/**
 * GELF by UDP, by the first bytes of a datagram: `1e 0f` a chunk, `1f 8b` gzip, `78` and its remainder zlib, anything
 * else a message as it is. Chunks come in any order, within five seconds of the first; what they make up may be
 * compressed, but not chunked once more. NUL, LF and CR at the end of a message are no part of it.
 *
 * One a listener. A sender may have 64 incomplete messages; its oldest goes when there are more. When all senders have too
 * many, the oldest of whoever has most goes.
 */
export class GelfDatagrams {
  readonly #maxMessageBytes: number
  readonly #counters: Counters
  readonly #pending: PendingSets
  readonly #settled: SettledSets

  constructor({ maxMessageBytes, counters, limits = defaultLimits }: GelfDatagramsOptions) {
    this.#maxMessageBytes = maxMessageBytes
    this.#counters = counters
    this.#pending = new PendingSets(limits, setsPerSender)
    this.#settled = new SettledSets(limits.sets, lifetimeMs)
  }

  get pendingSets(): number {
    return this.#pending.size
  }

  /** Their overhead included. */
  get pendingBytes(): number {
    return this.#pending.heldBytes
  }

  /**
   * The message which this datagram is or completes; it may be a view of the datagram. `sender` is the address chunk ids
   * belong to; `nowMs` is of a clock which does not go back. Never throws.
   */
  push(datagram: Uint8Array, sender: string, nowMs: number): Uint8Array | undefined {
    const bytes = asBuffer(datagram)
    return isChunk(bytes) ? this.#chunk(bytes, sender, nowMs) : this.#message(bytes)
  }

  /** Drops what is incomplete for too long. To be called each second. */
  sweep(nowMs: number): void {
    this.#settled.sweep(nowMs)
    for (let set = this.#pending.oldest; set !== undefined && isOver(set, nowMs); set = this.#pending.oldest) {
      this.#drop(set, 'dropped.gelf_set_expired')
    }
  }

  #chunk(datagram: Buffer, sender: string, nowMs: number): Uint8Array | undefined {
    const chunk = readChunk(datagram)
    if (chunk === undefined) return this.#lose('dropped.gelf_chunk_invalid')
    const key = sender + chunk.id
    let set = this.#pending.get(key)
    if (set !== undefined && isOver(set, nowMs)) {
      this.#drop(set, 'dropped.gelf_set_expired')
      set = undefined
    }
    if (set === undefined && this.#settled.has(key, chunk)) return this.#passOver()
    set ??= this.#pending.open(key, sender, chunk.count, nowMs)
    if (set.count !== chunk.count) return this.#drop(set, 'dropped.gelf_chunk_invalid')
    if (set.has(chunk.sequence)) return this.#passOver()
    const before = set.heldBytes
    set.add(chunk)
    this.#pending.grow(set, set.heldBytes - before)
    if (set.dataBytes > this.#maxSetBytes) return this.#drop(set, 'dropped.gelf_too_large')
    if (set.isComplete) return this.#complete(set)
    this.#evict(set)
    return undefined
  }

  #complete(set: ChunkSet): Uint8Array | undefined {
    const payload = set.payload()
    this.#pending.close(set)
    this.#settled.add(set.key, set.checksums())
    this.#counters.add('gelf_sets_complete')
    return isChunk(payload) ? this.#lose('dropped.gelf_chunk_invalid') : this.#message(payload)
  }

  #message(payload: Buffer): Uint8Array | undefined {
    const inflated = this.#inflated(payload)
    if (inflated === undefined) return this.#lose('dropped.gelf_inflate')
    const message = withoutTerminators(inflated)
    if (message.length === 0) return this.#lose('discarded.empty_datagram')
    if (message.length > this.#maxMessageBytes) return this.#lose('dropped.gelf_too_large')
    this.#counters.add('received')
    return message
  }

  /** Undefined when it is damaged or would become too large. */
  #inflated(payload: Buffer): Buffer | undefined {
    const compression = compressionOf(payload)
    if (compression === undefined) return payload
    // Pieces of Node's usual 16 KiB cost more than the inflation of a message of usual size.
    const chunkSize = Math.max(1024, Math.min(8 * payload.length, this.#maxMessageBytes + 1))
    const options = { chunkSize, maxOutputLength: this.#maxMessageBytes }
    try {
      return compression === 'gzip' ? gunzipSync(payload, options) : inflateSync(payload, options)
    } catch {
      return undefined
    }
  }

  /** More than a message which does not shrink by compression at all. */
  get #maxSetBytes(): number {
    return this.#maxMessageBytes + (this.#maxMessageBytes >> 8) + 1024
  }

  #evict(latest: ChunkSet): void {
    for (;;) {
      const set = this.#pending.excess(latest.sender)
      if (set === undefined) return
      this.#drop(set, 'dropped.gelf_set_evicted')
    }
  }

  #drop(set: ChunkSet, counter: string): Uint8Array | undefined {
    this.#pending.close(set)
    return this.#lose(counter)
  }

  #passOver(): Uint8Array | undefined {
    this.#counters.add('gelf_chunks_duplicate')
    return undefined
  }

  #lose(counter: string): Uint8Array | undefined {
    this.#counters.add('received')
    this.#counters.add(counter)
    return undefined
  }
}

function isOver(set: ChunkSet, nowMs: number): boolean {
  return nowMs - set.firstMs > lifetimeMs
}

const lifetimeMs = 5000
const setsPerSender = 64
const defaultLimits: PendingLimits = { sets: 1000, bytes: 64 * 1024 * 1024 }
