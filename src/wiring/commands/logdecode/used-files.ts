import { fstatSync, type BigIntStats, statSync } from 'node:fs'
import { usageError } from '../../../host/command-line.ts'

/**
 * The regular files which this run reads and writes. To write one of them a second time would empty it unread, or put
 * two texts over each other.
 */
export class UsedFiles {
  /** By device and inode: two names may mean one file. */
  readonly #names = new Map<string, string>()

  /** `name` as in messages: `stdin`, `--errors`. Throws `USAGE` when the file is used under another name already. */
  add(name: string, file: number | string): void {
    const key = keyOf(file)
    if (key === undefined) return
    const other = this.#names.get(key)
    if (other !== undefined && other !== name)
      throw usageError(`${name} is the same file as ${other}; give it one of its own.`)
    this.#names.set(key, name)
  }

  /** What an opened file is used for already; undefined when for nothing. */
  useOf(descriptor: number): string | undefined {
    return this.#names.get(keyOf(descriptor) ?? '')
  }
}

/** Undefined for what is not there and what is no regular file: pipes and devices may be used twice. */
function keyOf(file: number | string): string | undefined {
  const stats = statsOf(file)
  return stats?.isFile() === true ? `${String(stats.dev)}:${String(stats.ino)}` : undefined
}

function statsOf(file: number | string): BigIntStats | undefined {
  try {
    return typeof file === 'number' ? fstatSync(file, { bigint: true }) : statSync(file, { bigint: true })
  } catch {
    return undefined // whoever opens it will say
  }
}
