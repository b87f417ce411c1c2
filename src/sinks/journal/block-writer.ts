import { randomBytes } from 'node:crypto'
import { encodeJournalBlock } from '../../codecs/journal-block.ts'
import { frameHeadBytes, writeFrameHead } from '../spooling/frames.ts'
import type { WaitingWrite } from './waiting-writes.ts'

/**
 * Gives messages their names and makes the bytes of one append. Names are GUIDs (version 4) with 74 random bits, drawn
 * once a process, and a counter in the last 48.
 */
export class BlockWriter {
  readonly #id = randomBytes(16)
  #nextNumber = 0
  #buffer = Buffer.allocUnsafeSlow(smallest)

  constructor() {
    // RFC 9562: version and variant.
    this.#id[6] = ((this.#id[6] ?? 0) & 0x0f) | 0x40
    this.#id[8] = ((this.#id[8] ?? 0) & 0x3f) | 0x80
  }

  /** The bytes are good until the next call. */
  encode(writes: readonly WaitingWrite[]): Buffer {
    const bytes = writes.reduce((sum, write) => sum + write.bytes, 0)
    const target = this.#room(bytes)
    let at = 0
    for (const write of writes) {
      write.firstNumber ??= this.#take(write)
      let number = write.firstNumber
      for (const block of write.blocks) {
        this.#id.writeUIntBE(number, 10, 6)
        const end = encodeJournalBlock(block, this.#id, target, at + frameHeadBytes)
        writeFrameHead('entry', target, at, end - at - frameHeadBytes)
        number += block.messages.count
        at = end
      }
    }
    return target.subarray(0, at)
  }

  #take({ blocks }: WaitingWrite): number {
    const first = this.#nextNumber
    for (const { messages } of blocks) this.#nextNumber += messages.count
    return first
  }

  #room(bytes: number): Buffer {
    if (bytes <= this.#buffer.length) return this.#buffer
    const larger = Buffer.allocUnsafeSlow(bytes)
    // A rare giant is not kept.
    if (bytes <= largest) this.#buffer = larger
    return larger
  }
}

const smallest = 128 * 1024
const largest = 4 * 1024 * 1024
