import { createHash } from 'node:crypto'
import path from 'node:path'
import { KinloaderError } from '../../core/errors.ts'

/** What a pattern's variables stand for. */
export interface PatternValues {
  readonly source: string
  readonly sourcetype: string
  readonly host: string
  readonly index: string
}

/**
 * The path of a file with variables in it, such as `output/%source%/%source%-%host%.log`.
 *
 *     output/ %source% / %source%-%host%.log
 *     folder  name       name                    the folder is what precedes the first variable; names are below it
 *
 * Values come from whoever may write to the stream. None can make a name into several, into `.` or `..`, or longer than
 * file systems take; and one which looks like a variable is not expanded again.
 */
export class FilePattern {
  /** The target folder, absolute. */
  readonly folder: string
  readonly hasVariables: boolean
  readonly #names: readonly string[]

  /** Throws `INVALID_PATTERN`, whose message completes "the pattern must". */
  constructor(pattern: string) {
    const firstVariable = pattern.search(variable)
    this.hasVariables = firstVariable >= 0
    const fixed = this.hasVariables ? pattern.slice(0, firstVariable) : pattern
    const folderEnd = Math.max(fixed.lastIndexOf('/'), fixed.lastIndexOf(path.sep)) + 1
    this.folder = path.resolve(fixed.slice(0, folderEnd))
    const names = pattern.slice(folderEnd).split(separator)
    if (names.at(-1) === '') throw new KinloaderError('INVALID_PATTERN', 'end in the name of a file')
    this.#names = names.filter((name) => name !== '' && name !== '.')
    if (this.#names.length === 0) throw new KinloaderError('INVALID_PATTERN', 'end in the name of a file')
    if (this.#names.includes('..')) throw new KinloaderError('INVALID_PATTERN', 'not go up by .. behind a variable')
  }

  /** The names of the folders below the target folder, and of the file. */
  expand(values: PatternValues): string[] {
    return this.#names.map((name) => {
      const expanded = name.replaceAll(variable, (_whole, key: keyof PatternValues) => harmless(values[key]))
      if (expanded === name) return name
      return fitting(expanded === '.' || expanded === '..' ? expanded.replaceAll('.', '_') : expanded)
    })
  }
}

const variable = /%(source|sourcetype|host|index)%/g
const separator = path.sep === '/' ? /\// : /[/\\]/
/** The backslash everywhere, so that a dump makes the same names on each machine. */
const dangerous = path.sep === '/' ? /[/\\\p{Cc}]/gu : /[/\\\p{Cc}<>:"|?*]/gu

function harmless(value: string): string {
  return value === '' ? '_' : value.replaceAll(dangerous, '_')
}

/** A name too long for file systems is cut; the digest of all of it keeps two such from being one. */
function fitting(name: string): string {
  if (Buffer.byteLength(name) <= maxNameBytes) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  let cut = name.slice(0, maxNameBytes)
  while (Buffer.byteLength(cut) > maxNameBytes - digest.length - 1) cut = cut.slice(0, -1)
  return `${cut.replace(/[\ud800-\udbff]$/, '')}-${digest}`
}

const maxNameBytes = 255
