import { DumpLineReader, type DumpedRecord, maxDumpLineBytes } from '../../../codecs/dump-line.ts'
import { type DumpLinePiece, DumpLines } from '../../../codecs/dump-lines.ts'
import { KinloaderError } from '../../../core/errors.ts'
import type { Dump, DumpItem } from './dump.ts'
import { openRecord } from './record-entries.ts'

/** A dump as JSON, a record on a line; blank lines are nothing. */
export class LineDump implements Dump {
  readonly #lines = new DumpLines()
  readonly #reader = new DumpLineReader()

  push(chunk: Buffer): Iterable<DumpItem> {
    return this.#items(this.#lines.push(chunk))
  }

  /** A line which has come without its end is none yet, however long ago. */
  quiet(): Iterable<DumpItem> {
    return []
  }

  end(): Iterable<DumpItem> {
    return this.#items(this.#lines.end())
  }

  *#items(pieces: Iterable<DumpLinePiece>): Generator<DumpItem, void> {
    for (const piece of pieces) {
      const item = this.#itemOf(piece)
      if (item !== undefined) yield item
    }
  }

  #itemOf(piece: DumpLinePiece): DumpItem | undefined {
    const { bytes } = piece
    if (piece.kind === 'excess') {
      const error = new KinloaderError(
        'DUMP_LINE_TOO_LONG',
        `the line is longer than the ${maxDumpLineBytes} bytes which a record can take`,
      )
      return { kind: 'damage', bytes: piece.ends ? ended(bytes) : bytes, error, ends: piece.ends }
    }
    if (isBlank(bytes)) return undefined
    let record: DumpedRecord
    try {
      record = this.#reader.read(bytes)
    } catch (error) {
      if (!(error instanceof KinloaderError)) throw error
      return { kind: 'damage', bytes: ended(bytes), error, ends: true }
    }
    return { kind: 'record', origin: record, line: () => ended(bytes), open: () => openRecord(record.data) }
  }
}

function isBlank(line: Buffer): boolean {
  // Most begin with a brace.
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function ended(line: Buffer): Buffer {
  return Buffer.concat([line, Buffer.from('\n')])
}
