import { fstatSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'

const descriptor = 1

/**
 * Stdout. Where the shell has made a file of it, Node takes whatever the system wrote of a chunk for all of it: on a
 * disk that becomes full the end of the last chunk would be lost, and nothing told. Here the rest is written, or refused.
 */
export function standardOutput(): Writable {
  if (!isFile()) return process.stdout
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(descriptor, chunk, at)
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
}

function isFile(): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false // it is closed
  }
}
