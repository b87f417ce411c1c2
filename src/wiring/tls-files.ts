import { readFile } from 'node:fs/promises'
import { errorCode, KinloaderError } from '../core/errors.ts'
import type { TlsSettings } from '../sources/sockets/tls-settings.ts'

/** Where certificates are, and whose certificates are accepted. */
export interface TlsFileSettings {
  readonly certificateFile: string
  readonly keyFile: string
  readonly clientCaFiles: readonly string[]
  readonly clientCrlFiles: readonly string[]
  readonly clientAuth: 'none' | 'optional' | 'require'
  readonly clientNames: readonly string[]
  readonly clientFingerprints: readonly string[]
}

/** The files, read. Throws `TLS_FILE_DENIED` or `TLS_FILE_UNREADABLE`; whether they fit together is seen when they are used. */
export async function readTlsSettings(files: TlsFileSettings): Promise<TlsSettings> {
  // One after the other: of several which are missing always the same is told.
  const certificate = await readPem(files.certificateFile)
  const key = await readPem(files.keyFile)
  const clientCa = await Promise.all(files.clientCaFiles.map(readPem))
  const clientCrl = await Promise.all(files.clientCrlFiles.map(readPem))
  const { clientAuth, clientNames, clientFingerprints } = files
  return { certificate, key, clientCa, clientCrl, clientAuth, clientNames, clientFingerprints }
}

/** A file of PEM, whole. Throws `TLS_FILE_DENIED` or `TLS_FILE_UNREADABLE`. */
async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (errorCode(cause) === 'EACCES') {
      throw new KinloaderError(
        'TLS_FILE_DENIED',
        `The file ${path} may not be read; let the user this program runs as read it.`,
        { cause },
      )
    }
    throw new KinloaderError(
      'TLS_FILE_UNREADABLE',
      `The file ${path} cannot be read (${errorCode(cause)}); name an existing PEM file.`,
      { cause },
    )
  }
}
