import { isGzip } from '../../../codecs/inflating.ts'
import { KinloaderError } from '../../../core/errors.ts'
import type { Dump, DumpItem } from './dump.ts'
import { GzipDump } from './gzip-dump.ts'
import { LineDump } from './line-dump.ts'

/** A dump of either kind, told apart by how it begins. */
export class AnyDump implements Dump {
  #dump: Dump | undefined
  #beginning: Buffer | undefined

  push(chunk: Buffer): Iterable<DumpItem> {
    if (this.#dump !== undefined) return this.#dump.push(chunk)
    const beginning = this.#beginning === undefined ? chunk : Buffer.concat([this.#beginning, chunk])
    if (beginning.length < 2) {
      this.#beginning = beginning
      return []
    }
    this.#beginning = undefined
    this.#dump = dumpOf(beginning)
    return this.#dump.push(beginning)
  }

  quiet(): Iterable<DumpItem> {
    return this.#dump?.quiet() ?? []
  }

  *end(): Generator<DumpItem, void> {
    const beginning = this.#beginning
    if (this.#dump === undefined && beginning !== undefined) {
      this.#dump = dumpOf(beginning)
      yield* this.#dump.push(beginning)
    }
    if (this.#dump !== undefined) yield* this.#dump.end()
  }
}

/** Throws `NO_DUMP`. */
function dumpOf(beginning: Buffer): Dump {
  if (isGzip(beginning)) return new GzipDump()
  if (!binary.test(beginning.toString('latin1', 0, 4096))) return new LineDump()
  throw new KinloaderError('NO_DUMP', "Failed to decode record: the input is neither dumpstream's JSON lines nor gzip.")
}

/** JSON escapes all of these. */
const binary = /[\0-\x08\x0b\x0c\x0e-\x1f]/
