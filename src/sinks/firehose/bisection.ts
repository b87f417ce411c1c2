import type { WaitingRecord } from './record-store.ts'

/**
 * The search for the record because of which a request is refused: halves, until one record stands alone.
 *
 * A record is guilty only when it is refused alone although another one was accepted since it was first refused.
 * Without that proof it may as well be the stream which refuses all, such as one whose source is not Direct PUT, and
 * everything would end in quarantine. So it is tried again, when there is a proof or nothing else to try.
 */
export class Bisection {
  readonly #halves: (readonly WaitingRecord[])[] = []
  readonly #alone: WaitingRecord[] = []
  /** How many records had been accepted when it was first refused. Those of the halves on their way, and those alone. */
  readonly #suspects = new Map<string, number>()
  #accepted = 0

  /** Records which were refused alone, without a proof. The store holds at least as many. */
  get alone(): number {
    return this.#alone.length
  }

  /** What should be tried first. */
  next(): readonly WaitingRecord[] | undefined {
    const proven = this.#alone.findIndex((record) => this.#isProven(record))
    if (proven >= 0) return this.#alone.splice(proven, 1)
    return this.#halves.pop()
  }

  /** What should be tried when there is nothing else. */
  nextAlone(): readonly WaitingRecord[] | undefined {
    return this.#alone.length === 0 ? undefined : this.#alone.splice(0, 1)
  }

  /** All of them were refused together. Returns the record which is guilty, if that is found out by it. */
  refused(records: readonly WaitingRecord[]): WaitingRecord | undefined {
    for (const { name } of records) if (!this.#suspects.has(name)) this.#suspects.set(name, this.#accepted)
    const [first] = records
    if (records.length === 1 && first !== undefined) {
      if (this.#isProven(first)) return first
      this.#alone.push(first)
      return undefined
    }
    const middle = Math.ceil(records.length / 2)
    this.#halves.push(records.slice(middle), records.slice(0, middle))
    return undefined
  }

  accepted({ name }: WaitingRecord): void {
    this.#accepted += 1
    this.#suspects.delete(name)
  }

  /** It is out of the way. */
  forget({ name }: WaitingRecord): void {
    this.#suspects.delete(name)
  }

  #isProven({ name }: WaitingRecord): boolean {
    return this.#accepted > (this.#suspects.get(name) ?? this.#accepted)
  }
}
