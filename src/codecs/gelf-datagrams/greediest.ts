import type { SenderSets } from './sender-sets.ts'

/** What a listener keeps of incomplete messages at most. */
export interface PendingLimits {
  readonly sets: number
  readonly bytes: number
}

/**
 * Which sender uses most of what is limited: of the sets or of the bytes, whichever is the larger share, in thousandths.
 * Senders lie in a row of drawers by their share, so that it costs the same however many there are.
 */
export class Greediest {
  readonly #limits: PendingLimits
  readonly #drawers: Set<SenderSets>[]
  /** No drawer above it has anybody. */
  #top = 0

  constructor(limits: PendingLimits) {
    this.#limits = limits
    this.#drawers = Array.from({ length: drawerCount + 1 }, () => new Set())
  }

  /** To be told after each change of what a sender has pending. */
  note(sender: SenderSets): void {
    const share = Math.min(
      drawerCount,
      Math.ceil(drawerCount * Math.max(sender.size / this.#limits.sets, sender.heldBytes / this.#limits.bytes)),
    )
    if (share === sender.share) return
    this.#drawers[sender.share]?.delete(sender)
    sender.share = share
    if (share > 0) this.#drawers[share]?.add(sender)
    this.#top = Math.max(this.#top, share)
  }

  get sender(): SenderSets | undefined {
    while (this.#top > 0 && this.#drawers[this.#top]?.size === 0) this.#top--
    return this.#drawers[this.#top]?.values().next().value
  }
}

const drawerCount = 1000
