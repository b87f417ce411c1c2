/**
 * An answer which is not the engine's own. Connection faults are a socket reset at the HTTP door and a rejection with
 * the same error code at the SDK door.
 */
export type Fault =
  /** The limits' own error for the operation. */
  | { readonly kind: 'throttle' }
  /** An AWS error. `message` defaults to a plain sentence, `status` to 400. */
  | { readonly kind: 'error'; readonly name: string; readonly message?: string; readonly status?: number }
  /** A bare HTTP answer without an error name, such as a proxy's. Default status 500. */
  | { readonly kind: 'http'; readonly status?: number; readonly body?: string }
  /** 200 with half a JSON document. The call is not carried out. */
  | { readonly kind: 'malformed' }
  /** The connection breaks before the call is carried out. */
  | { readonly kind: 'reset' }
  /** The call is carried out, then the connection breaks: the caller cannot know. */
  | { readonly kind: 'lost-answer' }
  /** The right answer, that much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer, ever, until the caller gives up. */
  | { readonly kind: 'hang' }
  /** GetRecords: nothing, though there is more, as the service may at any time. The position stays. */
  | { readonly kind: 'empty' }
  /** PutRecords: HTTP 200, with these entries refused. Default code ProvisionedThroughputExceededException. */
  | { readonly kind: 'fail-entries'; readonly indexes: readonly number[]; readonly code?: string }

export interface Injection {
  /** The operation's name; `*` for any. */
  operation: string
  /** Only this shard's calls (GetRecords, GetShardIterator). */
  shardId?: string
  /** Only this stream's calls. */
  streamName?: string
  /** How many calls are hit. Default 1; Infinity until `clear`. */
  times?: number
  fault: Fault
}

/** Injected answers; the first injection which matches a call is used up first. */
export class Faults {
  #queue: { readonly injection: Injection; left: number }[] = []
  readonly #used = new Map<Fault['kind'], number>()

  inject(injection: Injection): void {
    this.#queue.push({ injection, left: injection.times ?? 1 })
  }

  clear(): void {
    this.#queue = []
  }

  /** How many calls were hit, all kinds or one. */
  used(kind?: Fault['kind']): number {
    if (kind !== undefined) return this.#used.get(kind) ?? 0
    return [...this.#used.values()].reduce((sum, count) => sum + count, 0)
  }

  /** How many injections have not been used up. */
  get waiting(): number {
    return this.#queue.length
  }

  take(operation: string, streamName: string | undefined, shardId: string | undefined): Fault | undefined {
    const entry = this.#queue.find(
      ({ injection }) =>
        (injection.operation === '*' || injection.operation === operation) &&
        (injection.shardId === undefined || injection.shardId === shardId) &&
        (injection.streamName === undefined || injection.streamName === streamName),
    )
    if (entry === undefined) return undefined
    entry.left--
    if (entry.left <= 0) this.#queue.splice(this.#queue.indexOf(entry), 1)
    const { fault } = entry.injection
    this.#used.set(fault.kind, (this.#used.get(fault.kind) ?? 0) + 1)
    return fault
  }
}
