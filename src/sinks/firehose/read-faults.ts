import { errorCode } from '../../core/errors.ts'
import type { WaitingRecord } from './record-store.ts'

/** They say what is the matter with this one file, and no wait mends it. */
const final = new Set(['ENOENT', 'EISDIR', 'EUCLEAN', 'SPOOL_DAMAGED'])

/** What the machine is short of says nothing about a file, however often it happens to meet the same one. */
const shortages = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR'])

/** With the rests of `RestingRecords` between them these take two to five minutes. */
const maxFaults = 15

/**
 * Which records can never be read. A disk, its network or its permissions may be ill for a while, and then no record can
 * be read, so an error alone is no proof: it counts when another record was read since this one last failed. One with a
 * bad sector under it has so many of those after some minutes; a whole store which cannot be read has none.
 */
export class ReadFaults {
  /** Of records which rest, or are tried again: no more than may rest and be in flight. */
  readonly #faults = new Map<string, { readonly count: number; readonly reads: number }>()
  #reads = 0

  wasRead({ name }: WaitingRecord): void {
    this.#reads += 1
    this.#faults.delete(name)
  }

  /** It is out of the way. */
  forget({ name }: WaitingRecord): void {
    this.#faults.delete(name)
  }

  /** Whether it is hopeless. */
  failed({ name }: WaitingRecord, error: unknown): boolean {
    const code = errorCode(error)
    const known = this.#faults.get(name)
    const isProof = !shortages.has(code) && (known === undefined || known.reads < this.#reads)
    const count = (known?.count ?? 0) + (isProof ? 1 : 0)
    this.#faults.set(name, { count, reads: this.#reads })
    return final.has(code) || count >= maxFaults
  }
}
