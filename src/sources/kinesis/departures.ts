/**
 * Tells which shards have left the stream for good: those missing from two listings in a row, so that one odd answer
 * costs no checkpoint.
 */
export class Departures {
  #missingOnce: ReadonlySet<string> = new Set()

  /** Of the known shards, which were missing from this listing and from the one before. */
  departed(known: Iterable<string>, listed: ReadonlySet<string>): readonly string[] {
    const missing = [...known].filter((shardId) => !listed.has(shardId))
    const gone = missing.filter((shardId) => this.#missingOnce.has(shardId))
    this.#missingOnce = new Set(missing.filter((shardId) => !gone.includes(shardId)))
    return gone
  }

  /** Missing from the last listing, and not told of yet. */
  get suspects(): ReadonlySet<string> {
    return this.#missingOnce
  }
}
