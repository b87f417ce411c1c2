export interface MadeRecord {
  readonly bytes: Uint8Array
  readonly events: number
}

/** A message which no record can hold. */
export interface UnfitMessage {
  readonly id: string
  /** As it came. */
  readonly bytes: Uint8Array
}

export interface MadeRecords {
  readonly records: readonly MadeRecord[]
  readonly unfit: readonly UnfitMessage[]
}
