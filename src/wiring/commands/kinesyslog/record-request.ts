import type { WrittenRecords } from '../../../sinks/firehose/write-records.ts'
import type { ClosedSegment, SegmentEnd } from '../../../sinks/journal/read-segment.ts'

/** What the making of records goes by, for as long as the thread lives. */
export interface RecordSettings {
  readonly recordsPath: string
  readonly groupPrefix: string
  readonly timeZone: string
  readonly packs: boolean
  /** Whether record files are forced to the disk. */
  readonly isSynced: boolean
}

/** What is asked of the thread. */
export interface RecordRequest {
  readonly segment: ClosedSegment
  readonly owner: string
}

/** What came of it; the records are on the disk. */
export interface MadeRecords {
  readonly records: WrittenRecords
  /** Files in the records' folder: messages which no record can hold. */
  readonly unfit: readonly { readonly name: string; readonly bytes: number }[]
  readonly end: SegmentEnd
  /** What was counted meanwhile, by name. */
  readonly counted: Readonly<Record<string, number>>
}

/** What the thread says of a request: that it has begun, and in the end what came of it. */
export type RecordAnswer = { readonly begun: true } | FinalAnswer

/** Records, or why there are none, with the code to decide by. */
export type FinalAnswer =
  | { readonly made: MadeRecords }
  | { readonly failure: { readonly code: string; readonly message: string } }
