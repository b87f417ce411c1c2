import assert from 'node:assert/strict'
import type { KinesisRecord } from '../../src/sources/kinesis/record.ts'
import type { KinesisEngine } from '../fakes/kinesis/engine.ts'

/**
 * What was put and what was indexed, over all lives of a reader, and the two promises about them: every record at
 * least once, and never a record before those which precede it in its lineage (its own shard's earlier records, and
 * all records of all ancestors).
 */
export class Ledger {
  readonly #engine: KinesisEngine
  readonly #put = new Map<string, string[]>()
  readonly #indexed: string[] = []
  #count = 0

  constructor(engine: KinesisEngine) {
    this.#engine = engine
  }

  get putCount(): number {
    return this.#count
  }

  put(shardId: string): void {
    const data = `${shardId} ${this.#count}`
    this.#count += 1
    const { shardId: home } = this.#engine.put('logs', { data, shardId })
    const texts = this.#put.get(home) ?? []
    texts.push(data)
    this.#put.set(home, texts)
  }

  index(records: readonly KinesisRecord[]): void {
    for (const record of records) this.#indexed.push(Buffer.from(record.data).toString())
  }

  missing(also: readonly KinesisRecord[] = []): number {
    const seen = new Set([...this.#indexed, ...also.map((record) => Buffer.from(record.data).toString())])
    return [...this.#put.values()].flat().filter((text) => !seen.has(text)).length
  }

  check(): void {
    assert.equal(this.missing(), 0, 'every record at least once')
    const firstAt = new Map<string, number>()
    for (const [position, text] of this.#indexed.entries()) if (!firstAt.has(text)) firstAt.set(text, position)
    const at = (text: string): number => firstAt.get(text) ?? Number.NaN
    for (const [shardId, texts] of this.#put) {
      for (const [i, text] of texts.entries()) {
        const before = texts[i - 1]
        if (before !== undefined) assert.ok(at(before) < at(text), `${text} came before ${before}`)
      }
      const first = texts[0]
      if (first === undefined) continue
      for (const ancestor of this.#ancestors(shardId)) {
        const last = this.#put.get(ancestor)?.at(-1)
        if (last !== undefined) assert.ok(at(last) < at(first), `${first} came before its ancestor's ${last}`)
      }
    }
  }

  #ancestors(shardId: string): ReadonlySet<string> {
    const found = new Set<string>()
    const wanted = [shardId]
    for (let id = wanted.pop(); id !== undefined; id = wanted.pop()) {
      const parents = this.#engine.stream('logs').shard(id)?.parents ?? []
      for (const parent of parents) if (!found.has(parent)) wanted.push(parent)
      for (const parent of parents) found.add(parent)
    }
    return found
  }
}
