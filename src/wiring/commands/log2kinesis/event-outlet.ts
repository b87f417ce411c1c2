/** Where a command's events go. */
export interface EventOutlet {
  /** Resolves when the event is taken. Order is that of the calls, of which a few may wait together. Never rejects. */
  write(event: Uint8Array): Promise<void>
  /** Asked once, after the last write. Rejects with one sentence when events did not arrive. */
  end(): Promise<void>
  /** How many events have been taken but have not arrived. */
  waitingEvents(): number
}
