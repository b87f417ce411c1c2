import type { Logger } from '../../core/logger.ts'

/** Warns once of each shard whose lag nears the retention; again only after it has caught up by half. */
export class LagWatch {
  readonly #logger: Logger
  readonly #warned = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  check(shardId: string, lagMs: number, retentionMs: number): void {
    if (lagMs < retentionMs / 2) this.#warned.delete(shardId)
    if (lagMs < retentionMs * 0.8 || this.#warned.has(shardId)) return
    this.#warned.add(shardId)
    this.#logger.warn('lag', {
      shard: shardId,
      lag_ms: Math.round(lagMs),
      retention_ms: retentionMs,
      effect: 'records will expire unread unless reading gets faster or the retention longer',
    })
  }

  forget(shardId: string): void {
    this.#warned.delete(shardId)
  }
}
