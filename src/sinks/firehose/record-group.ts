import type { SegmentName } from '../journal/segment-name.ts'

const waiting = 0
const taken = 1
const gone = 2

/** The record files of one segment, some 9 bytes of memory each: there may be 500,000. */
export class RecordGroup {
  readonly name: SegmentName
  readonly sinceMs: number
  /** Records which nobody has taken. */
  takeable = 0
  /** Those and the taken ones. */
  left: number
  readonly #parts: Uint32Array
  readonly #bytes: Uint32Array
  readonly #states: Uint8Array
  /** No record before it waits. */
  #first = 0

  /** `parts`: in ascending order, each with its bytes. */
  constructor(name: SegmentName, sinceMs: number, parts: readonly number[], bytes: readonly number[]) {
    this.name = name
    this.sinceMs = sinceMs
    this.#parts = Uint32Array.from(parts)
    this.#bytes = Uint32Array.from(bytes)
    this.#states = new Uint8Array(parts.length)
    this.left = parts.length
    this.takeable = parts.length
  }

  /** The oldest which waits. */
  peek(): { readonly part: number; readonly bytes: number } | undefined {
    while (this.#first < this.#states.length && this.#states[this.#first] !== waiting) this.#first += 1
    const part = this.#parts[this.#first]
    return part === undefined ? undefined : { part, bytes: this.#bytes[this.#first] ?? 0 }
  }

  /** Takes what `peek` shows. */
  take(): void {
    this.#states[this.#first] = taken
    this.takeable -= 1
  }

  has(part: number): boolean {
    const state = this.#states[this.#find(part)]
    return state !== undefined && state !== gone
  }

  /** Whether it was taken, and waits again now. */
  giveBack(part: number): boolean {
    const at = this.#find(part)
    if (this.#states[at] !== taken) return false
    this.#states[at] = waiting
    this.#first = Math.min(this.#first, at)
    this.takeable += 1
    return true
  }

  /** What it was before; undefined when it was gone. */
  remove(part: number): 'waiting' | 'taken' | undefined {
    const at = this.#find(part)
    const state = this.#states[at]
    if (state === undefined || state === gone) return undefined
    this.#states[at] = gone
    this.left -= 1
    if (state === taken) return 'taken'
    this.takeable -= 1
    return 'waiting'
  }

  /** Where the part stands; behind the end when it is not there. */
  #find(part: number): number {
    let low = 0
    let high = this.#parts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#parts[middle] ?? 0) < part) low = middle + 1
      else high = middle
    }
    return this.#parts[low] === part ? low : this.#parts.length
  }
}
