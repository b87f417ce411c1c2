import type { Writable } from 'node:stream'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import { fileReason } from '../../../sinks/file/errors.ts'
import type { PatternFiles } from '../../../sinks/file-pattern/files.ts'
import type { LogRecordMetadata } from '../../../codecs/log-record.ts'

/** Where decoded events go. */
export interface Target {
  /** The name of the place for events of this origin: what follows each other there may be written in one go. */
  placeOf(metadata: LogRecordMetadata): string
  /** Resolves when the bytes are written and may be overwritten. Rejects with `WRITE_FAILED`, or Node's `EPIPE`. */
  write(place: string, bytes: Buffer): Promise<void>
  close(): Promise<void>
}

/** All of them go to one stream. */
export function streamTarget(stream: Writable): Target {
  return {
    placeOf: () => '',
    write: (_place, bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => {
          if (error === undefined || error === null) resolve()
          else reject(failed(error))
        })
      }),
    close: async () => {},
  }
}

/** Files named by what is known of the events. */
export function filesTarget(files: PatternFiles): Target {
  return {
    placeOf: (metadata) => files.fileOf(metadata),
    write: async (place, bytes) => {
      try {
        files.write(place, bytes)
      } catch (error) {
        throw failed(error)
      }
    },
    close: async () => {
      try {
        files.close()
      } catch (error) {
        throw failed(error)
      }
    },
  }
}

function failed(error: unknown): Error {
  if (errorCode(error) === 'EPIPE' && error instanceof Error) return error
  const why = errorCode(error) === 'WRITE_FAILED' ? errorText(error) : fileReason(error)
  return new KinloaderError('WRITE_FAILED', `Failed to write entry: ${why}.`, { cause: error })
}
