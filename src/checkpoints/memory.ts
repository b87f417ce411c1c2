import type { CheckableStore } from './checkable.ts'
import { aborted } from './errors.ts'

/**
 * Checkpoints which live as long as the map they are in. Hand in the same map again and the "restarted" reader finds
 * what the one before it saved.
 */
export class MemoryCheckpointStore implements CheckableStore {
  readonly #entries: Map<string, string>

  constructor(entries = new Map<string, string>()) {
    this.#entries = entries
  }

  async load(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    if (signal?.aborted === true) throw aborted()
    return new Map(this.#entries)
  }

  async save(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<readonly string[]> {
    if (signal.aborted) throw aborted()
    for (const [key, value] of changes) {
      if (value === null) this.#entries.delete(key)
      else this.#entries.set(key, value)
    }
    return []
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}
}
