import type { CheckpointStore } from '../core/checkpoint.ts'

/** A store which can be tried out before anybody relies on it: what validating an input asks for. */
export interface CheckableStore extends CheckpointStore {
  /**
   * Resolves when loading and saving would work now, and changes nothing that is remembered, so a running reader of
   * the same checkpoints is not disturbed. Rejects with the same `KinloaderError` that loading or saving would.
   */
  check(signal: AbortSignal): Promise<void>
}
