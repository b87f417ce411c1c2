import * as nodeFiles from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { decodeJournalBlock } from '../../codecs/journal-block.ts'
import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import type { IdentifiedBlock } from '../../core/message-block.ts'
import type { Files } from '../spooling/files.ts'
import { decodeFrames } from '../spooling/frames.ts'

/** A segment which takes nothing more and waits to be made into records. May be sent to another thread. */
export interface ClosedSegment {
  /** Of its file: `000000000042-k3v9x0ab.journal`. */
  readonly file: string
  readonly path: string
  /** What of the file counts. */
  readonly bytes: number
  /** An earlier process may have been killed while it wrote the end. */
  readonly isLeftover: boolean
}

/** What became of reading one. May be sent to another thread. */
export interface SegmentEnd {
  /** Up to here the file holds whole blocks. */
  readonly wholeBytes: number
  /** `torn`: a crash cut the last write short, nobody was told that it is safe. `damaged`: somebody was. */
  readonly rest: 'nothing' | 'torn' | 'damaged' | 'unreadable'
}

/** A file which no journal wrote must not fill the memory. A segment ends at 16 MiB, or four times its messages. */
const maxSegmentBytes = 256 * 1024 * 1024

/**
 * The blocks of a segment as far as they are whole: views of one buffer, which is `memory` when that is given and large
 * enough: whoever reads one after the other allocates it once. What will not get better is told in `end` and never
 * thrown. Rejects with the system's own error where it may get better, as when too many files are open or somebody took
 * our permissions; and with `SEGMENT_UNREADABLE` where nobody can know.
 */
export async function readSegment(
  segment: ClosedSegment,
  files: Pick<Files, 'open'> = nodeFiles,
  memory: Buffer = Buffer.alloc(0),
): Promise<{ readonly blocks: readonly IdentifiedBlock[]; readonly end: SegmentEnd }> {
  if (segment.bytes > maxSegmentBytes) return { blocks: [], end: { wholeBytes: 0, rest: 'damaged' } }
  let bytes: Buffer
  try {
    const handle = await files.open(segment.path, 'r')
    try {
      bytes =
        segment.bytes <= memory.length
          ? await readInto(memory.subarray(0, segment.bytes), handle)
          : (await handle.readFile()).subarray(0, segment.bytes)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = errorCode(error)
    if (['EISDIR', 'EUCLEAN', 'ENOENT'].includes(code))
      return { blocks: [], end: { wholeBytes: 0, rest: 'unreadable' } }
    if (code !== 'EIO') throw error
    // A bad sector lasts, a cable or a network may be back in seconds. As the disk's trouble it would be tried for ever,
    // and a bad sector would stop all segments behind it. As this segment's own it is tried some times, with growing
    // pauses, and then kept aside as it is.
    const { path } = segment
    throw new KinloaderError('SEGMENT_UNREADABLE', `${path} cannot be read (${errorText(error)}); look at its disk.`, {
      cause: error,
    })
  }
  const { entries, wholeBytes, rest: end } = decodeFrames(bytes)
  // This process knows how much it wrote; nothing of that was torn by its own death.
  const rest = !segment.isLeftover && wholeBytes < segment.bytes ? 'damaged' : end
  const blocks: IdentifiedBlock[] = []
  for (const entry of entries) {
    const block = decodeJournalBlock(Buffer.from(entry.buffer, entry.byteOffset, entry.length))
    // A whole frame which holds no block: another version's. What it holds stays in the file which is kept aside.
    if (block === undefined)
      return { blocks, end: { wholeBytes: entry.byteOffset - bytes.byteOffset, rest: 'damaged' } }
    blocks.push(block)
  }
  return { blocks, end: { wholeBytes, rest } }
}

async function readInto(memory: Buffer, handle: FileHandle): Promise<Buffer> {
  let length = 0
  while (length < memory.length) {
    const { bytesRead } = await handle.read(memory, length, memory.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return memory.subarray(0, length)
}
