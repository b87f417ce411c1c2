import type { CheckpointStore } from '../../src/core/checkpoint.ts'

/** A store whose every save waits for the test to let it through or to break it. */
export class GatedStore implements CheckpointStore {
  readonly saved = new Map<string, string>()
  readonly saves: {
    readonly changes: ReadonlyMap<string, string | null>
    pass: () => void
    fail: (error: unknown) => void
  }[] = []
  closed = 0
  #arrived: () => void = () => {}

  load(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.saved))
  }

  save(changes: ReadonlyMap<string, string | null>): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.saves.push({
        changes: new Map(changes),
        pass: () => {
          for (const [key, value] of changes) {
            if (value === null) this.saved.delete(key)
            else this.saved.set(key, value)
          }
          resolve([])
        },
        fail: reject,
      })
      this.#arrived()
    })
  }

  close(): Promise<void> {
    this.closed += 1
    return Promise.resolve()
  }

  /** Resolves when the n-th save has been asked for. */
  async arrival(count: number): Promise<void> {
    while (this.saves.length < count) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
  }
}
