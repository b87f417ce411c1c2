/** Counters by name: monotonic, cheap enough for every event. One instance is one scope (a lane, a sink). */
export class Counters {
  readonly #values = new Map<string, number>()

  add(name: string, amount = 1): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + amount)
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0
  }

  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#values)
  }
}
