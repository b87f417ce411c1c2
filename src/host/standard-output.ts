import { fstatSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'

const descriptor = 1

/**
 * Stdout, and nothing lost silently where the shell has made a file of it: a disk which is nearly full takes a part of
 * a write and says so by a number, which Node's own stream does not look at.
 */
export function standardOutput(): Writable {
  if (!isFile()) return process.stdout
  return new Writable({
    write(bytes: Buffer, _encoding, done) {
      try {
        for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
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
