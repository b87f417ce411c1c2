/** The reserved key of the counter document by which readers of the same checkpoints notice each other. */
export const presenceKey = '@reader'

/**
 * Notices a second reader of the same checkpoints, whatever machine it runs on: each writes its name and a growing
 * count under one key, so whoever twice finds another's name there, and the text changed in between, is not alone. (A
 * predecessor's name stays there until ours is saved, but never changes.) Both would read everything, and every event
 * would be indexed twice.
 *
 * Needs no clock and no lock, and works on stores which know no conditional write; it detects, it does not prevent.
 */
export class Presence {
  readonly #readerId: string
  #count = 0
  #seen: string | undefined

  /** `readerId` must differ between processes. */
  constructor(readerId: string) {
    this.#readerId = readerId
  }

  /** The text to store next. */
  beat(): string {
    this.#count += 1
    return JSON.stringify({ reader: this.#readerId, count: this.#count })
  }

  /** The other reader's id, as found in what the store holds now; undefined when there is none to be seen. */
  rival(stored: string | undefined): string | undefined {
    if (stored === undefined) return undefined
    let value: unknown
    try {
      value = JSON.parse(stored)
    } catch {
      return undefined
    }
    if (typeof value !== 'object' || value === null || !('reader' in value)) return undefined
    const reader = String(value.reader)
    if (reader === this.#readerId) return undefined
    const changed = this.#seen !== undefined && this.#seen !== stored
    this.#seen = stored
    return changed ? reader : undefined
  }
}
