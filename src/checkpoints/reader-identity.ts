import { createHash } from 'node:crypto'

/**
 * Whose checkpoints these are. Two readers never share a checkpoint unless all three are equal: streams of one name
 * exist in several regions, and two readers of one stream may each keep their own place under a name of their own.
 */
export interface ReaderIdentity {
  /** Region of the stream. */
  readonly region: string
  /** Name of the stream. Streams of one name in two accounts are told apart by what is remembered under `@stream`. */
  readonly stream: string
  /** Tells readers of the same stream apart; may be empty. */
  readonly checkpointName: string
}

/** One text which is equal for equal identities only. */
export function readerKey(reader: ReaderIdentity): string {
  return JSON.stringify([reader.region, reader.stream, reader.checkpointName])
}

/**
 * A name for a file or a table, made of letters, digits, `_`, `-` and `.` alone:
 *
 *     us-east-1.app.main                 what people see most of the time
 *     us-east-1.My_Stream-0f3a9c0e11d2   a digest of the whole is added where the plain form would not be
 *                                        unique: characters replaced, dots inside a part, capitals (some
 *                                        file systems fold them), or a name cut to the length
 *
 * Empty parts at the end are left out. Of an ARN only the stream's name is shown; the digest covers all of it.
 */
export function plainName(parts: readonly string[], maxLength: number, unambiguous = /^[a-z0-9_-]+$/): string {
  const given = parts.slice(0, parts.findLastIndex((part) => part !== '') + 1)
  const plain = given.map(plainPart).join('.')
  const unique = given.length > 0 && given.every((part) => unambiguous.test(part))
  if (unique && plain.length <= maxLength) return plain
  const digest = createHash('sha256').update(JSON.stringify(given)).digest('hex').slice(0, 12)
  return `${plain.slice(0, maxLength - digest.length - 1)}-${digest}`
}

function plainPart(part: string): string {
  return part.slice(part.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9_.-]/g, '_')
}
