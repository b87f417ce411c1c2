import { freeInflated, type Inflated } from '../../../codecs/inflating.ts'
import type { LogRecordMetadata } from '../../../codecs/log-record.ts'

/** The lines of a text about which nothing is known, each with its line feed: written out they are the text again. */
export class TextEntries {
  readonly metadata: LogRecordMetadata = {
    unbroken: false,
    source: '',
    sourcetype: '',
    host: '',
    index: '',
    encId: 0n,
    blockId: 0n,
  }
  readonly timeText = undefined
  readonly done = true
  readonly error: Error | undefined
  readonly #inflated: Inflated
  readonly #bytes: Buffer
  #start = 0
  #end = 0

  /** The bytes belong to it from now on. */
  constructor(inflated: Inflated) {
    this.#inflated = inflated
    this.#bytes = inflated.bytes
    this.error = inflated.error
  }

  get size(): number {
    return this.#end - this.#start
  }

  next(): boolean {
    if (this.#end === this.#bytes.length) return false
    this.#start = this.#end
    const lineFeed = this.#bytes.indexOf(0x0a, this.#start)
    this.#end = lineFeed < 0 ? this.#bytes.length : lineFeed + 1
    return true
  }

  write(target: Buffer, offset: number): number {
    return offset + this.#bytes.copy(target, offset, this.#start, this.#end)
  }

  free(): void {
    freeInflated(this.#inflated)
  }
}
