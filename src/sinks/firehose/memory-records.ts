import { KinloaderError } from '../../core/errors.ts'
import { encodedBytes } from './encoded-size.ts'
import type { RecordStore, RequestLimits, WaitingRecord } from './record-store.ts'

interface Kept {
  readonly record: WaitingRecord
  readonly data: Uint8Array
  isTaken: boolean
}

/** Records in memory, for tests. */
export class MemoryRecords implements RecordStore {
  onAdded: () => void = () => {}
  /** What was put aside, and why. */
  readonly quarantined: { readonly record: WaitingRecord; readonly reason: string }[] = []
  /** In the order of their coming. */
  readonly #kept = new Map<string, Kept>()
  readonly #now: () => number
  #added = 0

  /** `now`: wall-clock milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** They come in together. */
  add(...records: readonly Uint8Array[]): readonly WaitingRecord[] {
    const added = records.map((data) => {
      const name = `record-${String((this.#added += 1)).padStart(9, '0')}`
      const record = { name, bytes: data.length, sinceMs: this.#now() }
      this.#kept.set(name, { record, data, isTaken: false })
      return record
    })
    this.onAdded()
    return added
  }

  get waiting(): number {
    return this.#kept.size
  }

  get waitingBytes(): number {
    return [...this.#kept.values()].reduce((sum, { record }) => sum + record.bytes, 0)
  }

  get oldestMs(): number | undefined {
    for (const { record } of this.#kept.values()) return record.sinceMs
    return undefined
  }

  takeable(): { readonly records: number; readonly encodedBytes: number } {
    const free = [...this.#kept.values()].filter(({ isTaken }) => !isTaken)
    return { records: free.length, encodedBytes: free.reduce((sum, { record }) => sum + encodedBytes(record.bytes), 0) }
  }

  take({ maxRecords, maxEncodedBytes }: RequestLimits): readonly WaitingRecord[] {
    const taken: WaitingRecord[] = []
    let bytes = 0
    for (const kept of this.#kept.values()) {
      if (kept.isTaken) continue
      bytes += encodedBytes(kept.record.bytes)
      if (taken.length > 0 && (bytes > maxEncodedBytes || taken.length >= maxRecords)) break
      kept.isTaken = true
      taken.push(kept.record)
    }
    return taken
  }

  giveBack(records: readonly WaitingRecord[]): void {
    for (const { name } of records) {
      const kept = this.#kept.get(name)
      if (kept !== undefined) kept.isTaken = false
    }
  }

  async read({ name }: WaitingRecord): Promise<Uint8Array> {
    const kept = this.#kept.get(name)
    if (kept === undefined) throw new KinloaderError('ENOENT', `There is no record ${name}.`)
    return kept.data
  }

  async remove({ name }: WaitingRecord): Promise<void> {
    this.#kept.delete(name)
  }

  async quarantine(record: WaitingRecord, reason: string): Promise<void> {
    if (this.#kept.delete(record.name)) this.quarantined.push({ record, reason })
  }
}
