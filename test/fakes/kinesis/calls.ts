export interface Call {
  readonly atMs: number
  readonly operation: string
  readonly streamName: string | undefined
  readonly shardId: string | undefined
  /** The AWS error's name, the fault's kind when there was no answer, or undefined when all was well. */
  error: string | undefined
}

const maxEntries = 100_000

/** Every call which reached the engine: counters, and the highest rate within any second. */
export class CallLog {
  /** The last 100,000, oldest first. */
  readonly entries: Call[] = []
  readonly #counts = new Map<string, number>()
  readonly #errors = new Map<string, number>()
  readonly #refused = new Map<string, number>()
  readonly #recent = new Map<string, number[]>()
  readonly #peaks = new Map<string, number>()

  begin(call: Call): void {
    this.entries.push(call)
    if (this.entries.length > maxEntries) this.entries.splice(0, maxEntries / 10)
    for (const key of keysOf(call.operation, call.shardId)) {
      add(this.#counts, key)
      const recent = (this.#recent.get(key) ?? []).filter((atMs) => atMs > call.atMs - 1000)
      recent.push(call.atMs)
      this.#recent.set(key, recent)
      this.#peaks.set(key, Math.max(this.#peaks.get(key) ?? 0, recent.length))
    }
  }

  failed(call: Call, error: string): void {
    call.error = error
    add(this.#errors, error)
  }

  /** The limits, not an injected fault, refused it. */
  refusedByLimit(operation: string, shardId: string | undefined): void {
    for (const key of ['', ...keysOf(operation, shardId)]) add(this.#refused, key)
  }

  count(operation: string, shardId?: string): number {
    return this.#counts.get(keyOf(operation, shardId)) ?? 0
  }

  /** How often an answer was this error. */
  errors(name: string): number {
    return this.#errors.get(name) ?? 0
  }

  /** Calls (for PutRecords: entries) which the limits refused. Without an operation, all of them. */
  refused(operation?: string, shardId?: string): number {
    return this.#refused.get(operation === undefined ? '' : keyOf(operation, shardId)) ?? 0
  }

  /** The most calls within any second, refused ones included. */
  peakPerSecond(operation: string, shardId?: string): number {
    return this.#peaks.get(keyOf(operation, shardId)) ?? 0
  }
}

function keysOf(operation: string, shardId: string | undefined): string[] {
  return shardId === undefined ? [operation] : [operation, keyOf(operation, shardId)]
}

function keyOf(operation: string, shardId: string | undefined): string {
  return shardId === undefined ? operation : `${operation} ${shardId}`
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
