/**
 * Messages which stand in one piece of memory, in the order of their arrival. A buffer each would cost as much as all
 * else a relay does with a short message, but for its compression.
 *
 *     bytes    <13>a \n <13>b \r\n 5 ␣ <13>c           bounds   0 5   6 11   15 20
 *
 * What stands between them is nobody's.
 */
export class Messages implements Iterable<Uint8Array> {
  /** Must not change for as long as somebody has them. */
  readonly bytes: Uint8Array
  /** Typed, so that it is not on the heap, where a dozen reads would fill the young generation. */
  #bounds: Uint32Array
  #boundCount = 0
  #byteLength = 0

  /** Of these bytes none is a message yet. `count`: how many will be, should that be known. */
  constructor(bytes: Uint8Array, count = 8 + Math.ceil(bytes.length / usualMessageBytes)) {
    this.bytes = bytes
    this.#bounds = new Uint32Array(2 * count)
  }

  /** A copy, one directly behind the other, of so many messages with so many bytes. */
  static joined(messages: Iterable<Uint8Array>, count: number, byteLength: number): Messages {
    const joined = new Messages(new Uint8Array(byteLength), count)
    let at = 0
    for (const message of messages) {
      joined.bytes.set(message, at)
      joined.add(at, (at += message.length))
    }
    return joined
  }

  /** Where each begins and ends: two numbers a message; more of them stand behind the last, which mean nothing. */
  get bounds(): Uint32Array {
    return this.#bounds
  }

  get count(): number {
    return this.#boundCount >>> 1
  }

  /** Where the first begins. */
  get start(): number {
    return this.#bounds[0] ?? 0
  }

  /** Where the last ends. */
  get end(): number {
    return this.#bounds[this.#boundCount - 1] ?? 0
  }

  /** Of the messages alone. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** The next one; it begins where the last ended, or behind. */
  add(start: number, end: number): void {
    const count = this.#boundCount
    if (count === this.#bounds.length) {
      const more = new Uint32Array(2 * count + 16)
      more.set(this.#bounds)
      this.#bounds = more
    }
    this.#bounds[count] = start
    this.#bounds[count + 1] = end
    this.#boundCount = count + 2
    this.#byteLength += end - start
  }

  /** One after the other as a view: for whoever is not in a hurry. */
  *[Symbol.iterator](): Generator<Uint8Array> {
    for (let index = 0; index < this.#boundCount; index += 2) {
      yield this.bytes.subarray(this.#bounds[index], this.#bounds[index + 1])
    }
  }
}

const usualMessageBytes = 128
