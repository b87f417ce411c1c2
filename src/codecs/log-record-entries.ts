import type { KinloaderError } from '../core/errors.ts'
import type { Inflated } from './inflating.ts'
import { skipJsonSpace } from './json-objects.ts'
import { damaged, dataOf, isProbe, type LogRecordMetadata, metadataOf, nextObject } from './log-record.ts'

/**
 * The data objects of a log record one after the other, without an event made of each: for programs which write the
 * bytes somewhere else at once. A third of the time of decoding, and no limit to the number of events, because they
 * are never all there.
 *
 * `next` goes to the next object; `size`, `timeText`, `done` and `write` speak of the one it stands at.
 */
export class LogRecordEntries {
  /** Absent when the record broke before it was complete. */
  readonly metadata: LogRecordMetadata | undefined
  /** No less than the bytes of the event. */
  size = 0
  /** As it was written; nobody has looked whether it is a time. */
  timeText: string | undefined
  done = true
  /** The text ends inside an object: what is missing may follow in a gzip member of its own. */
  isCut = false
  #error: KinloaderError | undefined
  readonly #bytes: Buffer
  readonly #text: string
  #at: number
  #objectAt = 0
  #base64 = ''

  constructor({ bytes, error }: Inflated) {
    this.#bytes = bytes
    // One character a byte: positions in the text are positions in the bytes, and searching it is a memchr.
    this.#text = bytes.toString('latin1')
    const first = nextObject(bytes, this.#text, 0)
    this.metadata = first.object === undefined ? undefined : metadataOf(first.object)
    this.isCut = first.cut === true
    this.#error = error
    this.#at = first.end
    if (this.metadata === undefined) {
      this.#error ??= first.error ?? damaged(0, 'the first object is no metadata')
      this.#at = this.#text.length
    } else if (isProbe(this.metadata)) {
      this.#at = this.#text.length
    }
  }

  /** To be asked when `next` has said that there is no more: `GZIP_DAMAGED`, `INFLATE_LIMIT` or `LOG_RECORD_DAMAGED`. */
  get error(): KinloaderError | undefined {
    return this.#error
  }

  /** False at the end, and at the damage. */
  next(): boolean {
    const text = this.#text
    const at = skipJsonSpace(text, this.#at)
    if (at === text.length) return false
    this.#objectAt = at
    return this.#canonical(at) || this.#anyForm(at)
  }

  /**
   * Writes the event's bytes to `target`, which has room for `size`, and returns where they end; -1 when they turn out
   * to be no base64: this is the damage, and `next` will be false.
   */
  write(target: Buffer, offset: number): number {
    // Node leaves out what is not base64, so a strange character anywhere makes the result short.
    if (target.write(this.#base64, offset, 'base64') === this.size) return offset + this.size
    return this.#anyForm(this.#objectAt) ? offset + target.write(this.#base64, offset, 'base64') : -1
  }

  /** The exact form which senders write is read without `JSON.parse`. */
  #canonical(at: number): boolean {
    const text = this.#text
    let timeText: string | undefined
    let dataStart: number
    if (text.startsWith(doneWithTime, at)) {
      const timeStart = at + doneWithTime.length
      const timeEnd = text.indexOf('"', timeStart)
      if (!text.startsWith(thenData, timeEnd)) return false
      timeText = text.slice(timeStart, timeEnd)
      dataStart = timeEnd + thenData.length
    } else if (text.startsWith(doneWithData, at)) {
      dataStart = at + doneWithData.length
    } else {
      return false
    }
    const dataEnd = text.indexOf('"', dataStart)
    if (dataEnd < 0 || (dataEnd - dataStart) % 4 !== 0 || text.charCodeAt(dataEnd + 1) !== closingBrace) return false
    this.#base64 = text.slice(dataStart, dataEnd)
    this.size = decodedBytes(this.#base64)
    this.timeText = timeText
    this.done = true
    this.#at = dataEnd + 2
    return true
  }

  #anyForm(at: number): boolean {
    const { object, error, end, cut } = nextObject(this.#bytes, this.#text, at)
    const data = object === undefined ? undefined : dataOf(object)
    if (object === undefined || data === undefined) {
      this.isCut = cut === true
      this.#error ??= error ?? damaged(at, 'an object is no data')
      this.#at = this.#text.length
      return false
    }
    const time = object.get('ts')
    this.#base64 = data.base64
    this.size = decodedBytes(data.base64)
    this.timeText = typeof time === 'string' ? time : undefined
    this.done = data.done
    this.#at = end
    return true
  }
}

const doneWithTime = '{"is_done":true,"ts":"'
const doneWithData = '{"is_done":true,"data":"'
const thenData = '","data":"'
const closingBrace = 0x7d
const equalsSign = 0x3d

function decodedBytes(base64: string): number {
  const { length } = base64
  const bytes = (length / 4) * 3
  if (length === 0 || base64.charCodeAt(length - 1) !== equalsSign) return bytes
  return base64.charCodeAt(length - 2) === equalsSign ? bytes - 2 : bytes - 1
}
