import { RE2JS } from 're2js'
import { KinloaderError } from '../core/errors.ts'

/** A pattern of a user. */
export interface LinearPattern {
  /** Whether it is found anywhere in the bytes, which are taken for UTF-8; what is none matches like U+FFFD. */
  test(bytes: Uint8Array): boolean
}

/** Steps of the compiled pattern; a search takes at most that many for each byte. */
const maxInstructions = 1000

/**
 * Compiles a pattern in RE2's syntax, which is what Go takes and nearly what JavaScript takes. A search needs time
 * linear in the text whatever the pattern is, so no pattern and no input can stop a program; look-around and back
 * references cannot be had at that price. Throws `BAD_PATTERN`.
 */
export function compileLinearPattern(source: string): LinearPattern {
  const pattern = compiled(source)
  if (pattern.programSize() > maxInstructions) throw badPattern('the pattern is too large; repeat less')
  return { test: (bytes) => pattern.test(bytes) }
}

function compiled(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, '') : ''
    throw badPattern(unsupported(said) ?? said, cause)
  }
}

/** The engine itself calls these a syntax error, which a user who knows them from elsewhere would not believe. */
function unsupported(said: string): string | undefined {
  // The excerpt begins where the engine stopped.
  const excerpt = /`(.*)`$/s.exec(said)?.[1] ?? ''
  const construct = constructs.find(([start]) => start.test(excerpt))
  return construct === undefined
    ? undefined
    : `${construct[1]} is not supported, because its time is not bounded: \`${excerpt}\``
}

const constructs: readonly (readonly [start: RegExp, name: string])[] = [
  [/^\(\?[=!]/, 'look-ahead'],
  [/^\(\?<[=!]/, 'look-behind'],
  [/^\\[1-9k]/, 'a back reference'],
  [/^\(\?P=/, 'a back reference'],
  [/^\(\?>/, 'an atomic group'],
]

function badPattern(reason: string, cause?: unknown): KinloaderError {
  return new KinloaderError('BAD_PATTERN', `Invalid regular expression: ${reason}.`, { cause })
}
