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
    const text = line.toString('latin1')
    const timeEnd = text.startsWith(beforeTime) ? text.indexOf('"', beforeTime.length) : -1
    if (timeEnd < 0 || !text.startsWith(beforeKey, timeEnd)) return undefined
    const keyStart = timeEnd + beforeKey.length
    const keyEnd = text.indexOf('"', keyStart)
    if (keyEnd < 0 || !text.startsWith(beforeNumber, keyEnd)) return undefined
    const numberStart = keyEnd + beforeNumber.length
    const numberEnd = text.indexOf('"', numberStart)
    if (numberEnd < 0 || !text.startsWith(beforeData, numberEnd)) return undefined
    const dataStart = numberEnd + beforeData.length
    const dataEnd = text.indexOf('"', dataStart)
    if (dataEnd !== text.length - 2 || text.charCodeAt(dataEnd + 1) !== closingBrace) return undefined
    const head = text.slice(0, dataStart)
    // Escapes and wide characters are for JSON.parse.
    if (!plainAscii.test(head)) return undefined
    const data = this.#decoded(text.slice(dataStart, dataEnd))
    if (data === undefined) return undefined
    return {
      arrivalTime: head.slice(beforeTime.length, timeEnd),
      partitionKey: head.slice(keyStart, keyEnd),
      sequenceNumber: head.slice(numberStart, numberEnd),
      data,
    }
  }

  /** Unknown keys are ignored, missing ones are empty, and keys match in any case, as they always have. */
  #anyForm(line: Buffer): DumpedRecord {
    const fields = fieldsOf(line)
    const [arrivalTime, partitionKey, sequenceNumber, base64] = keys.map((key) => fields.get(key) ?? '')
    if (
      typeof arrivalTime !== 'string' ||
      typeof partitionKey !== 'string' ||
      typeof sequenceNumber !== 'string' ||
      typeof base64 !== 'string'
    ) {
      throw damaged('a value is no text')
    }
    const data = this.#decoded(base64.replaceAll(/[\r\n]/g, ''))
    if (data === undefined) throw damaged('its data is no base64')
    return { arrivalTime, partitionKey, sequenceNumber, data }
  }

  #decoded(base64: string): Buffer | undefined {
    const { length } = base64
    if (length % 4 !== 0) return undefined
    const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
    const bytes = (length / 4) * 3 - padding
    if (this.#data.length < bytes) this.#data = Buffer.allocUnsafeSlow(Math.max(bytes, this.#data.length * 2))
    // Node leaves out what is not base64, so a strange character anywhere makes the result short.
    return this.#data.write(base64, 'base64') === bytes ? this.#data.subarray(0, bytes) : undefined
  }
}

const beforeTime = '{"arrival_time":"'
const beforeKey = '","partition_key":"'
const beforeNumber = '","seq":"'
const beforeData = '","data":"'
const closingBrace = 0x7d
const plainAscii = /^[ -[\]-~]*$/
const keys = ['arrival_time', 'partition_key', 'seq', 'data'] as const

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
