import type { RecordOrigin } from './formats.ts'
import type { RecordEntries } from './record-entries.ts'

/** What a dump consists of. The bytes and what is made of them are valid until the next item is asked for. */
export type DumpItem =
  | {
      readonly kind: 'record'
      readonly origin: RecordOrigin
      /** The line to feed again when the record is bad, with its line feed. */
      readonly line: () => Buffer
      /** Throws when it cannot even be begun. */
      readonly open: () => RecordEntries
      /** The rest of the record before. */
      readonly continues?: true
    }
  /** Bytes which are no record, to be kept as they are; a long row of them in several parts. */
  | { readonly kind: 'damage'; readonly bytes: Buffer; readonly error: Error; readonly ends: boolean }

/** Takes a dump as it comes, wherever the chunks begin and end, and gives what is complete. */
export interface Dump {
  push(chunk: Buffer): Iterable<DumpItem>
  /** Nothing has come for a while. */
  quiet(): Iterable<DumpItem>
  /** Nothing will come any more: what is there without its end. */
  end(): Iterable<DumpItem>
}
