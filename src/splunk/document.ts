import type { Readable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { KinloaderError } from '../core/errors.ts'
import { findRootEnd } from './root-end.ts'

export interface DocumentOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long the whole document may take. Default 30,000. */
  readonly timeoutMs?: number
  /** Longer documents are refused. Default 1 MiB. */
  readonly maxBytes?: number
}

/**
 * Reads the document which splunkd writes to standard input. Resolves with its text as soon as the root element is
 * complete, whatever follows it: splunkd need not close the pipe. Rejects with `BAD_DOCUMENT` when the input ends
 * before, takes too long or is too long, and with `ABORTED`.
 *
 * The text is UTF-8 whatever the declaration says: splunkd writes UTF-8, and declares other encodings at times.
 * Afterwards the stream is destroyed, so that it does not keep the process alive.
 */
export async function readDocument(input: Readable, options: DocumentOptions): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 30_000
  const waiting = new AbortController()
  const signal = AbortSignal.any([options.signal, waiting.signal])
  try {
    return await Promise.race([
      collect(input, options.maxBytes ?? 1024 * 1024),
      options.clock.sleep(timeoutMs, signal).then(() => {
        if (options.signal.aborted) throw new KinloaderError('ABORTED', 'Stopped while waiting for the configuration.')
        throw badDocument(`handed over no complete configuration within ${timeoutMs / 1000} s`)
      }),
    ])
  } finally {
    waiting.abort()
    input.destroy()
  }
}

function collect(input: Readable, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let bytes = 0
    input.on('data', (chunk: Uint8Array) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > maxBytes) {
        reject(badDocument(`handed over a configuration of more than ${maxBytes} bytes`))
        return
      }
      if (!chunk.includes(greaterThan)) return // nothing has ended
      const text = new TextDecoder().decode(Buffer.concat(chunks))
      const end = findRootEnd(text)
      if (end !== undefined) resolve(text.slice(0, end))
    })
    input.on('end', () => {
      reject(badDocument('closed its pipe before the configuration was complete'))
    })
    input.on('error', (cause) => {
      reject(badDocument('could not hand over the configuration', cause))
    })
  })
}

const greaterThan = 0x3e

function badDocument(what: string, cause?: unknown): KinloaderError {
  return new KinloaderError('BAD_DOCUMENT', `Splunk ${what}.`, { cause })
}
