import { Deferred } from '../deferred.ts'

/**
 * Which bytes in splunkd's pipe are safe.
 *
 * splunkd acknowledges nothing, and an accepted byte is only in the kernel's pipe: a reader that dies takes what it
 * had not read with it. A position is safe when
 *
 *     hold-back          has passed since the kernel accepted the byte before it: splunkd had time to work on it
 *     the pipe's size    of later bytes was accepted: the byte has left the pipe
 *
 *     …eeeeeeeeeee│eeeeeee│eeeeeeeeeeeeeeeeeeeeee          bytes, in the order they were written
 *                 └ safe  └ old enough, but it may still be among the last 64 KiB
 *
 * Positions that come within a small part of the hold-back share one promise, so the list stays short at any rate.
 */
export class SettlingLedger {
  readonly #holdBackMs: number
  readonly #pipeBytes: number
  /** Positions this close in time settle together. */
  readonly #groupMs: number
  readonly #groups: Group[] = []
  #accepted = 0
  #settled = 0

  constructor(holdBackMs: number, pipeBytes: number) {
    this.#holdBackMs = holdBackMs
    this.#pipeBytes = pipeBytes
    this.#groupMs = holdBackMs / 20
  }

  get size(): number {
    return this.#groups.length
  }

  /** Resolves when everything before `position` is safe. Positions never go back. */
  safeAt(position: number, now: number): Promise<void> {
    if (position <= this.#settled) return Promise.resolve()
    const last = this.#groups.at(-1)
    if (last !== undefined && (last.position === position || now - last.startedAt < this.#groupMs)) {
      if (last.position !== position) {
        last.position = position
        last.acceptedAt = undefined
      }
      return last.settled.promise
    }
    const acceptedAt = position <= this.#accepted ? now : undefined
    const group: Group = { position, startedAt: now, acceptedAt, settled: new Deferred() }
    this.#groups.push(group)
    return group.settled.promise
  }

  /** The kernel has everything before `position`. */
  accepted(position: number, now: number): void {
    this.#accepted = position
    for (const group of this.#groups) {
      if (group.position > position) break
      group.acceptedAt ??= now
    }
    this.settle(now)
  }

  /** Resolves what is safe by now. */
  settle(now: number): void {
    let count = 0
    for (const group of this.#groups) {
      if (!this.#isOld(group, now) || this.#accepted < group.position + this.#pipeBytes) break
      group.settled.resolve()
      this.#settled = group.position
      count++
    }
    this.#groups.splice(0, count)
  }

  /** How long until the first position is old enough; 0 when it is, undefined when none waits for time. */
  msToOld(now: number): number | undefined {
    const acceptedAt = this.#groups[0]?.acceptedAt
    return acceptedAt === undefined ? undefined : Math.max(0, acceptedAt + this.#holdBackMs - now)
  }

  reject(reason: Error): void {
    for (const { settled } of this.#groups.splice(0)) settled.reject(reason)
  }

  #isOld(group: Group, now: number): boolean {
    return group.acceptedAt !== undefined && now - group.acceptedAt >= this.#holdBackMs
  }
}

interface Group {
  /** The last of the positions in it. */
  position: number
  readonly startedAt: number
  /** When the kernel had taken all of it; undefined until then. */
  acceptedAt: number | undefined
  readonly settled: Deferred
}
