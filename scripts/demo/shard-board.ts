/** How a shard is doing, as the input says on its standard error. */
export interface ShardLine {
  readonly shardId: string
  readonly state: string
  /** Sequence number of the last record which is safe; empty when there is none yet. */
  readonly position: string
  readonly lagMs: number | undefined
}

/** Keeps the newest word of the input about each shard. */
export class ShardBoard {
  readonly #shards = new Map<string, ShardLine>()

  /** Takes a line of standard error; says nothing to other lines than those about shards. */
  read(line: string): void {
    const shard = parseShardLine(line)
    if (shard !== undefined) this.#shards.set(shard.shardId, shard)
  }

  /** Of the input before its stop, nothing holds any more but the positions. */
  stopped(): void {
    for (const shard of this.#shards.values()) {
      if (shard.state === 'closed') continue
      this.#shards.set(shard.shardId, { ...shard, state: 'input stopped', lagMs: undefined })
    }
  }

  shard(shardId: string): ShardLine | undefined {
    return this.#shards.get(shardId)
  }
}

/**
 * Reads a metrics line:
 *
 *     INFO at=shard shard=shardId-000000000000 state=reading position=4959… lag_ms=12 records=7 …
 */
export function parseShardLine(line: string): ShardLine | undefined {
  const fields = parseLogfmt(line)
  const shardId = fields.get('shard')
  if (fields.get('at') !== 'shard' || shardId === undefined) return undefined
  const lag = fields.get('lag_ms')
  return {
    shardId,
    state: fields.get('state') ?? '',
    position: fields.get('position') ?? '',
    lagMs: lag === undefined ? undefined : Number(lag),
  }
}

function parseLogfmt(line: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [, key = '', quoted, plain = ''] of line.matchAll(/([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    fields.set(key, quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1'))
  }
  return fields
}
