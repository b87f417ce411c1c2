import { randomBytes } from 'node:crypto'

/**
 * What segments and the records made of them are called:
 *
 *     journal/000000000042-k3v9x0ab.journal
 *     records/firehose_event-000000000042000007-k3v9x0ab        the eighth record of segment 42
 *
 * The random part is the segment's, so that whoever makes the records of a segment once more, after a crash, gives them
 * the same names. The numbers grow; the order of the names is that of the messages.
 */
export interface SegmentName {
  readonly sequence: number
  /** 8 characters of `a-z 0-9`. */
  readonly random: string
}

const segmentSuffix = '.journal'

/** Ends what is being written and not to be read. */
export const temporarySuffix = '.tmp'

export function newSegmentName(sequence: number): SegmentName {
  // Of 36 characters in a byte's 256 some come more often; the names need to be different, not secret.
  const random = Array.from(randomBytes(8), (byte) => (byte % 36).toString(36)).join('')
  return { sequence, random }
}

export function segmentFile({ sequence, random }: SegmentName): string {
  return `${digits(sequence, 12)}-${random}${segmentSuffix}`
}

export function parseSegmentFile(file: string): SegmentName | undefined {
  const found = /^(\d{12})-([a-z0-9]{8})\.journal$/.exec(file)
  return found === null ? undefined : { sequence: Number(found[1]), random: found[2] ?? '' }
}

/** More cannot come of a segment: each record holds a block at least, and each block takes some 50 bytes of it. */
export const maxParts = 1_000_000

export function recordFile({ sequence, random }: SegmentName, part: number): string {
  return `firehose_event-${digits(sequence, 12)}${digits(part, 6)}-${random}`
}

export interface RecordName extends SegmentName {
  readonly part: number
}

export function parseRecordFile(file: string): RecordName | undefined {
  const found = /^firehose_event-(\d{12})(\d{6})-([a-z0-9]{8})$/.exec(file)
  if (found === null) return undefined
  return { sequence: Number(found[1]), part: Number(found[2]), random: found[3] ?? '' }
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, '0')
}
