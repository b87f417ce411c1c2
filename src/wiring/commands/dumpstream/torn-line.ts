import { type FileHandle, open } from 'node:fs/promises'
import { dumpLineStart } from '../../../codecs/dump-line-encoding.ts'

/**
 * Where the last whole line of a dump ends. A crash may have left a part of a line behind it, or zeros which the disk
 * never got to fill; nothing of that was remembered as read. Undefined when something else is there: not our file.
 */
export async function endOfLines(path: string): Promise<number | undefined> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const end = await lastLineEnd(file, size)
    const start = Buffer.alloc(Math.min(dumpLineStart.length, size - end))
    await file.read(start, 0, start.length, end)
    const isOurs = dumpLineStart.startsWith(start.toString('latin1')) || start.every((byte) => byte === 0)
    return isOurs ? end : undefined
  } finally {
    await file.close()
  }
}

/** The position behind the last line feed; 0 when there is none. */
async function lastLineEnd(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(64 * 1024)
  for (let to = size; to > 0; to -= block.length) {
    const from = Math.max(0, to - block.length)
    const { bytesRead } = await file.read(block, 0, to - from, from)
    const at = block.subarray(0, bytesRead).lastIndexOf(0x0a)
    if (at >= 0) return from + at + 1
  }
  return 0
}
