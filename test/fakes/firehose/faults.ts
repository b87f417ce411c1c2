/**
 * An answer which is not the engine's own. Connection faults are a socket reset at the HTTP door and a rejection with
 * the same error code at the SDK door.
 */
export type FirehoseFault =
  /** ServiceUnavailableException "Slow down." for the whole call. */
  | { readonly kind: 'throttle' }
  /** An AWS error for the whole call. Default status 400. */
  | { readonly kind: 'error'; readonly name: string; readonly message?: string; readonly status?: number }
  /** A bare HTTP answer without an error name, such as a proxy's. Default status 500. */
  | { readonly kind: 'http'; readonly status?: number; readonly body?: string }
  /** HTTP 200, with these entries refused, or all. Default code ServiceUnavailableException, "Slow down.". */
  | { readonly kind: 'fail-entries'; readonly indexes: readonly number[] | 'all'; readonly code?: string }
  /** HTTP 200, everything stored, but the list of answers lacks its last entries. */
  | { readonly kind: 'short-list'; readonly missing: number }
  /** The connection breaks before anything is stored. */
  | { readonly kind: 'reset' }
  /** Everything is stored, then the connection breaks: the caller cannot know. */
  | { readonly kind: 'lost-answer' }
  /** The right answer, that much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer, ever, until the caller gives up; nothing is stored. */
  | { readonly kind: 'hang' }

export interface FirehoseInjection {
  readonly fault: FirehoseFault
  /** Default `PutRecordBatch`. */
  readonly operation?: 'PutRecordBatch' | 'DescribeDeliveryStream' | 'GetCallerIdentity'
  /** How many calls are hit. Default 1; Infinity until `clear`. */
  readonly times?: number
  /** Only calls before then, wall-clock milliseconds of the fake's clock. */
  readonly untilMs?: number
}

/** Injected answers; the first injection which matches a call is used up first. */
export class FirehoseFaults {
  #queue: { readonly injection: FirehoseInjection; left: number }[] = []

  inject(injection: FirehoseInjection): void {
    this.#queue.push({ injection, left: injection.times ?? 1 })
  }

  clear(): void {
    this.#queue = []
  }

  take(operation: string, nowMs: number): FirehoseFault | undefined {
    this.#queue = this.#queue.filter(({ injection: { untilMs = Infinity }, left }) => left > 0 && nowMs < untilMs)
    const entry = this.#queue.find(({ injection }) => (injection.operation ?? 'PutRecordBatch') === operation)
    if (entry === undefined) return undefined
    entry.left -= 1
    return entry.injection.fault
  }
}
