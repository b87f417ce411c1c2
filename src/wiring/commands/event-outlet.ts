/** Where a command's events go. */
export interface EventOutlet {
  /** Resolves when the event is taken, which may be later than the next one is there. Never rejects. */
  write(event: Uint8Array): Promise<void>
  /** Asked once, after the last write. Rejects with one sentence when events did not arrive. */
  end(): Promise<void>
  /** How many events have been taken but have not arrived. */
  waitingEvents(): number
}
