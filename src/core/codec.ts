/** From a payload's bytes to items. Pure: no state, no I/O, never throws. */
export interface Decoder<T> {
  readonly name: string
  /** What precedes a corruption survives in `items`; the corruption itself is told in `error`. */
  decode(payload: Uint8Array): Decoded<T>
}

export interface Decoded<T> {
  readonly items: readonly T[]
  readonly error?: Error
  /** The sender's own id of the payload: where it comes twice, the payload was put twice. */
  readonly batchId?: string
}

/** From items to bytes. Pure but for counters; never throws on any item. */
export interface Encoder<T> {
  readonly name: string
  encode(items: readonly T[]): Uint8Array
}
