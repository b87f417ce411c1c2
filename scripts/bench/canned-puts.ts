import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

interface PutInput {
  readonly Records: readonly {
    readonly Data: string
    readonly PartitionKey: string
    readonly ExplicitHashKey?: string
  }[]
}

/** What was put since it was last asked. Counted and not looked into, so that a producer waits for nobody. */
export class CannedPuts {
  readonly #shards: bigint
  #sequence = 0
  #requests = 0
  #records: PutInput['Records'][number][] = []

  constructor(shards: number) {
    this.#shards = BigInt(shards)
  }

  /** A result for each record, in their order, with the shard its hash key belongs to. */
  put(input: Readonly<Record<string, unknown>>): object {
    const { Records } = input as unknown as PutInput
    this.#requests += 1
    this.#records.push(...Records)
    return {
      FailedRecordCount: 0,
      Records: Records.map(({ PartitionKey, ExplicitHashKey }) => ({
        ShardId: this.#shardOf(ExplicitHashKey ?? hashKeyOf(PartitionKey)),
        SequenceNumber: `49${String((this.#sequence += 1)).padStart(54, '0')}`,
      })),
    }
  }

  /**
   * Decodes what was put: the digest is that of the sorted events, with what is said of each, for records may come in
   * any order.
   */
  taken(): Readonly<Record<string, number | string>> {
    const counts = new Map<string, number>()
    let [events, wireBytes, payloadUnits] = [0, 0, 0]
    for (const { Data, PartitionKey } of this.#records) {
      const data = Buffer.from(Data, 'base64')
      const bytes = data.length + Buffer.byteLength(PartitionKey)
      wireBytes += bytes
      payloadUnits += Math.ceil(bytes / payloadUnitBytes)
      const [head = '', ...lines] = gunzipSync(data).toString().trimEnd().split('\n')
      const { source, sourcetype, host, index } = JSON.parse(head) as Record<string, string>
      const said = JSON.stringify([source, sourcetype, host, index])
      if (source === '__null__') continue
      for (const line of lines) {
        const event = `${said}${line}`
        counts.set(event, (counts.get(event) ?? 0) + 1)
        events += 1
      }
    }
    const hash = createHash('sha256')
    for (const [event, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${count} ${event}\n`)
    const facts = { requests: this.#requests, records: this.#records.length, events, wireBytes, payloadUnits }
    this.#requests = 0
    this.#records = []
    return { ...facts, sha256: hash.digest('hex') }
  }

  #shardOf(hashKey: string): string {
    return `shardId-${String((BigInt(hashKey) * this.#shards) >> 128n).padStart(12, '0')}`
  }
}

/** What a record costs is counted in these. */
export const payloadUnitBytes = 25 * 1024

/** Kinesis takes the MD5 of the partition key as the hash key. */
function hashKeyOf(partitionKey: string): string {
  return String(BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`))
}
