import type { CheckpointStore } from '../../../core/checkpoint.ts'

/** The reserved key under which a reader into a file remembers how far that is safe. */
const outputKey = '@output'

/**
 * How far a file of raw records was safe when the positions beside it were: a crash may leave a part of a record
 * behind that.
 *
 * Stored as JSON: `{"file":"<device>:<inode>","bytes":123}`, and `"closed":true` when nothing is behind it.
 */
export interface OutputMark {
  readonly file: string
  readonly bytes: number
  readonly isClosed: boolean
}

/** Undefined when there is none, or none of ours. */
export function readOutputMark(remembered: ReadonlyMap<string, string>): OutputMark | undefined {
  let value: unknown
  try {
    value = JSON.parse(remembered.get(outputKey) ?? '')
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('file' in value) || !('bytes' in value)) return undefined
  const { file, bytes } = value
  if (typeof file !== 'string' || typeof bytes !== 'number' || !Number.isSafeInteger(bytes)) return undefined
  return { file, bytes, isClosed: 'closed' in value && value.closed === true }
}

/**
 * Saves with all positions how far the output is safe at that moment: at least as far as they are, because nothing is
 * acked before it is safe. Until it follows a file it adds nothing.
 */
export class MarkingStore implements CheckpointStore {
  readonly #store: CheckpointStore
  #output: { readonly file: string; readonly safeBytes: () => number } | undefined

  constructor(store: CheckpointStore) {
    this.#store = store
  }

  follow(file: string, safeBytes: () => number): void {
    this.#output = { file, safeBytes }
  }

  load(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    return this.#store.load(signal)
  }

  save(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<readonly string[]> {
    return this.#store.save(new Map([...changes, ...this.#mark({})]), signal)
  }

  /** Only the mark: before the first write, and with `closed` behind the last. */
  async saveMark(state: { readonly closed?: true }): Promise<void> {
    const mark = new Map(this.#mark(state))
    if (mark.size > 0) await this.#store.save(mark, new AbortController().signal)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #mark(state: { readonly closed?: true }): readonly (readonly [string, string])[] {
    if (this.#output === undefined) return []
    const { file, safeBytes } = this.#output
    return [[outputKey, JSON.stringify({ file, bytes: safeBytes(), ...state })]]
  }
}
