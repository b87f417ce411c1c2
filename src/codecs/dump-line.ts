import { errorText, KinloaderError } from '../core/errors.ts'

/**
 * A Kinesis record as `dumpstream` prints it, one on a line, `data` being base64 of the record's bytes:
 *
 *     {"arrival_time":"2017-05-01T12:00:00.123Z","partition_key":"broken-1","seq":"4959…","data":"H4sI…"}
 */
export interface DumpedRecord {
  /** RFC 3339 as it was written; empty when nothing is said. */
  readonly arrivalTime: string
  readonly partitionKey: string
  readonly sequenceNumber: string
  readonly data: Buffer
}

/** 10 MiB in base64 is 14 MB; with a partition key of 256 characters, each escaped, no record makes a longer line. */
export const maxDumpLineBytes = 16 * 1024 * 1024

/**
 * Reads dump lines, the line feed left out. The data of a record is overwritten by that of the next, so that a
 * gigabyte of records is not a gigabyte of garbage.
 */
export class DumpLineReader {
  #data = Buffer.allocUnsafeSlow(65_536)

  /** Throws `DUMP_LINE_DAMAGED`. */
  read(line: Buffer): DumpedRecord {
    return this.#canonical(line) ?? this.#anyForm(line)
  }

  /** The exact form in which dumps are written; undefined when the line has another one. */
  #canonical(line: Buffer): DumpedRecord | undefined {
    const head = line.toString('latin1', 0, headBytes)
    const timeEnd = head.startsWith(beforeTime) ? head.indexOf('"', beforeTime.length) : -1
    if (timeEnd < 0 || !head.startsWith(beforeKey, timeEnd)) return undefined
    const keyStart = timeEnd + beforeKey.length
    const keyEnd = head.indexOf('"', keyStart)
    if (keyEnd < 0 || !head.startsWith(beforeNumber, keyEnd)) return undefined
    const numberStart = keyEnd + beforeNumber.length
    const numberEnd = head.indexOf('"', numberStart)
    if (numberEnd < 0 || !head.startsWith(beforeData, numberEnd)) return undefined
    const dataStart = numberEnd + beforeData.length
    const dataEnd = line.length - end.length
    // Escapes and wide characters are for JSON.parse.
    if (dataEnd < dataStart || !plainAscii.test(head.slice(0, dataStart))) return undefined
    if (line[dataEnd] !== end[0] || line[dataEnd + 1] !== end[1]) return undefined
    const bytes = decodedBytes(dataEnd - dataStart, line[dataEnd - 1], line[dataEnd - 2])
    this.#makeRoom(bytes)
    // In pieces: a string of all would be large enough for V8 to have dozens of them lie about before it collects.
    let length = 0
    for (let from = dataStart; from < dataEnd; from += pieceBytes) {
      length += this.#data.write(line.toString('latin1', from, Math.min(from + pieceBytes, dataEnd)), length, 'base64')
    }
    // Node leaves out what is not base64, so a strange character anywhere makes the result short.
    if (length !== bytes) return undefined
    return {
      arrivalTime: head.slice(beforeTime.length, timeEnd),
      partitionKey: head.slice(keyStart, keyEnd),
      sequenceNumber: head.slice(numberStart, numberEnd),
      data: this.#data.subarray(0, bytes),
    }
  }

  /** Unknown keys are ignored, missing ones are empty, and keys match in any case, as they always have. */
  #anyForm(line: Buffer): DumpedRecord {
    const fields = fieldsOf(line)
    const [arrivalTime, partitionKey, sequenceNumber, data] = keys.map((key) => fields.get(key) ?? '')
    if (
      typeof arrivalTime !== 'string' ||
      typeof partitionKey !== 'string' ||
      typeof sequenceNumber !== 'string' ||
      typeof data !== 'string'
    ) {
      throw damaged('a value is no text')
    }
    const base64 = data.replaceAll(/[\r\n]/g, '')
    const bytes = decodedBytes(
      base64.length,
      base64.charCodeAt(base64.length - 1),
      base64.charCodeAt(base64.length - 2),
    )
    this.#makeRoom(bytes)
    if (this.#data.write(base64, 'base64') !== bytes) throw damaged('its data is no base64')
    return { arrivalTime, partitionKey, sequenceNumber, data: this.#data.subarray(0, bytes) }
  }

  #makeRoom(bytes: number): void {
    if (this.#data.length < bytes) this.#data = Buffer.allocUnsafeSlow(Math.max(bytes, this.#data.length * 2))
  }
}

const beforeTime = '{"arrival_time":"'
const beforeKey = '","partition_key":"'
const beforeNumber = '","seq":"'
const beforeData = '","data":"'
const end = [0x22, 0x7d] as const
const equalsSign = 0x3d
/** Room for a partition key of 256 characters and the rest. */
const headBytes = 1024
/** Whole groups of four. */
const pieceBytes = 16_384
const plainAscii = /^[ -[\]-~]*$/
const keys = ['arrival_time', 'partition_key', 'seq', 'data'] as const

/** What so many characters of padded base64 decode to; a fraction, which nothing decodes to, when it is none. */
function decodedBytes(characters: number, last: number | undefined, lastButOne: number | undefined): number {
  const bytes = (characters / 4) * 3
  if (characters === 0 || last !== equalsSign) return bytes
  return lastButOne === equalsSign ? bytes - 2 : bytes - 1
}

function fieldsOf(line: Buffer): ReadonlyMap<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(line.toString())
  } catch (cause) {
    throw damaged(errorText(cause), cause)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw damaged('it is no JSON object')
  return new Map(Object.entries(parsed).map(([key, value]: [string, unknown]) => [key.toLowerCase(), value]))
}

function damaged(what: string, cause?: unknown): KinloaderError {
  return new KinloaderError('DUMP_LINE_DAMAGED', `the line is no record as dumpstream prints it: ${what}`, { cause })
}
