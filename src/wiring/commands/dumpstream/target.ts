import { constants, fstatSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { KinloaderError } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import { DiskFile } from '../../../sinks/file/disk-file.ts'
import { fileReason } from '../../../sinks/file/errors.ts'
import type { Outlet } from '../../../sinks/file/outlet.ts'
import { StreamOutlet } from '../../../sinks/file/stream-outlet.ts'
import type { OutputMark } from './output-mark.ts'
import { endOfLines } from './torn-line.ts'

/** Where a dump goes. */
export interface DumpTarget {
  readonly outlet: Outlet
  /** Somebody may read it right now, and go away. */
  readonly isPipe: boolean
  /** The file itself when it is one of its own. */
  readonly file?: DiskFile
}

export interface ResumedDump {
  readonly format: 'json' | 'raw'
  /** How far the file was safe when it was last remembered. */
  readonly mark: OutputMark | undefined
}

const stdoutDescriptor = 1

/**
 * Standard output. When the shell has made a file of it, it is written as one: what a full disk did not take must not
 * count as written.
 */
export function standardOutput(stdout: Writable): DumpTarget {
  const name = 'standard output'
  if (fstatSync(stdoutDescriptor).isFile()) return { outlet: DiskFile.of(stdoutDescriptor, name), isPipe: false }
  return { outlet: new StreamOutlet(stdout, name), isPipe: true }
}

/**
 * The file of `--filename`: made empty, or, when a dump is resumed, cut back to its last whole record. Rejects with one
 * sentence.
 */
export async function openTarget(path: string, resumed: ResumedDump | undefined, logger: Logger): Promise<DumpTarget> {
  try {
    if (await isPipe(path)) return { outlet: openPipe(path), isPipe: true }
    const file = await DiskFile.open(path)
    if (resumed === undefined) await file.cut(0)
    else await mend(file, resumed, logger)
    return { outlet: file, isPipe: false, file }
  } catch (error) {
    throw new KinloaderError('OUTPUT_UNWRITABLE', `Failed to open ${path} for write: ${fileReason(error)}.`, {
      cause: error,
    })
  }
}

async function mend(file: DiskFile, { format, mark }: ResumedDump, logger: Logger): Promise<void> {
  const identity = await file.identity()
  if (identity === undefined) return
  const size = await file.size()
  const end = format === 'json' ? await endOfLines(file.name) : endOfRecords(mark, identity, size)
  if (end === undefined) {
    throw new KinloaderError('OUTPUT_FOREIGN', 'it does not end as a dump does, name another file')
  }
  if (end === size) return
  await file.cut(end)
  logger.warn('output', { file: file.name, state: 'cut back to its last whole record', cut_bytes: size - end })
}

/** Records have no form of their own: only what is remembered tells where one ended. */
function endOfRecords(mark: OutputMark | undefined, identity: string, size: number): number {
  if (mark === undefined || mark.isClosed || mark.file !== identity) return size
  return Math.min(mark.bytes, size)
}

async function isPipe(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFIFO()
  } catch {
    return false
  }
}

/** Not written as a file: a write which waits for the reader would keep the process from ending. */
function openPipe(path: string): StreamOutlet {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  return new StreamOutlet(new Socket({ fd: descriptor, readable: false, writable: true }), path)
}
