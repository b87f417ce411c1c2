import { join } from 'node:path'
import { errorText } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { BatchFile, BatchFolder } from './batch-file.ts'
import { type Files, removeFile } from './files.ts'

export interface Damage {
  readonly batch: BatchFile
  /** Where the damage begins. */
  readonly wholeBytes: number
  readonly size: number
  readonly folder: BatchFolder
  readonly logger: Logger
}

/**
 * Keeps a copy of a damaged file for whoever wants to look, `quarantine/<name>.from-<byte>`, and tells it once. The
 * copies are bounded: one which would bring them above 64 MiB, or which cannot be written, is not made. What can still
 * be read must not wait for it.
 */
export async function quarantine({ batch, wholeBytes, size, folder, logger }: Damage): Promise<void> {
  const place = join(folder.path, 'quarantine')
  const copy = join(place, `${batch.name}.from-${wholeBytes}`)
  let kept = copy
  try {
    await folder.files.mkdir(place, { recursive: true, mode: 0o700 })
    if ((await bytesIn(place, folder.files)) + size > maxQuarantineBytes) kept = 'full, nothing kept'
    else await folder.files.copyFile(batch.path, copy)
  } catch (error) {
    kept = `nothing kept (${errorText(error)})`
    await removeFile(copy, folder.files).catch(() => undefined)
  }
  logger.error('spool', {
    error: `A file of the spool is damaged: ${size - wholeBytes} bytes of it are lost; look at the disk.`,
    code: 'SPOOL_DAMAGED',
    file: batch.path,
    lostBytes: size - wholeBytes,
    keptBytes: wholeBytes,
    quarantine: kept,
  })
}

const maxQuarantineBytes = 64 * 1024 * 1024

async function bytesIn(folder: string, files: Files): Promise<number> {
  let bytes = 0
  for (const name of await files.readdir(folder)) bytes += (await files.stat(join(folder, name))).size
  return bytes
}
