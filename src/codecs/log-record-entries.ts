import type { KinloaderError } from '../core/errors.ts'
import { freeInflated, type Inflated } from './inflating.ts'
import { skipJsonSpace } from './json-objects.ts'
import { damaged, dataOf, firstObject, isProbe, type LogRecordMetadata, metadataOf, nextObject } from './log-record.ts'

/**
 * The data objects of a log record one after the other, without an event made of each: for programs which write the
 * bytes somewhere else at once. There is no limit to their number, because they are never all there.
 *
 * `next` goes to the next object; `size`, `timeText`, `done` and `write` speak of the one it stands at.
 */
export class LogRecordEntries {
  /** Absent when the record broke before it was complete. */
  readonly metadata: LogRecordMetadata | undefined
  /** The bytes of the event. */
  size = 0
  /** As it was written; nobody has looked whether it is a time. */
  timeText: string | undefined
  done = true
  readonly #inflated: Inflated
  #error: KinloaderError | undefined
  /**
   * A piece of the text, one character a byte: searching it is a memchr, and slices of it are no copies. The whole
   * would be large enough for V8 to have dozens of them lie about before it collects.
   */
  #window = ''
  #windowStart: number
  /** In the window: where the object begins, and what has not been looked at. */
  #objectAt = 0
  #at = 0
  #base64 = ''

  /** The bytes belong to it from now on. */
  constructor(inflated: Inflated) {
    this.#inflated = inflated
    const { bytes, error } = inflated
    const first = firstObject(bytes)
    this.metadata = first.object === undefined ? undefined : metadataOf(first.object)
    this.#error = error
    const isOver = this.metadata === undefined || isProbe(this.metadata)
    this.#windowStart = isOver ? bytes.length : first.end
    if (this.metadata === undefined) this.#error ??= first.error ?? damaged(0, 'the first object is no metadata')
  }

  /** To be asked when `next` has said that there is no more: `GZIP_DAMAGED`, `INFLATE_LIMIT` or `LOG_RECORD_DAMAGED`. */
  get error(): KinloaderError | undefined {
    return this.#error
  }

  /** False at the end, and at the damage. */
  next(): boolean {
    const { bytes } = this.#inflated
    for (;;) {
      this.#at = skipJsonSpace(this.#window, this.#at)
      const isLast = this.#windowStart + this.#window.length === bytes.length
      if (this.#at < this.#window.length) {
        this.#objectAt = this.#at
        if (this.#canonical()) return true
        const isRead = this.#anyForm(isLast)
        if (isRead !== undefined) return isRead
      } else if (isLast) {
        return false
      }
      // An object which fills the window needs a larger one.
      const size = this.#at === 0 ? Math.max(windowBytes, this.#window.length * 8) : windowBytes
      this.#windowStart += this.#at
      this.#window = bytes.toString('latin1', this.#windowStart, this.#windowStart + size)
      this.#at = 0
    }
  }

  /**
   * Writes the event's bytes to `target`, which has room for `size`, and returns where they end; -1 when they turn out
   * to be no base64: this is the damage, and `next` will be false.
   */
  write(target: Buffer, offset: number): number {
    // Node leaves out what is not base64, so a strange character anywhere makes the result short.
    if (target.write(this.#base64, offset, 'base64') === this.size) return offset + this.size
    if (this.#anyForm(true) !== true) return -1
    return offset + target.write(this.#base64, offset, 'base64')
  }

  /** Gives its bytes back. */
  free(): void {
    freeInflated(this.#inflated)
  }

  /** The exact form which senders write is read without `JSON.parse`. */
  #canonical(): boolean {
    const text = this.#window
    const at = this.#objectAt
    let timeText: string | undefined
    let dataStart: number
    if (text.startsWith(doneWithTime, at)) {
      const timeStart = at + doneWithTime.length
      const timeEnd = text.indexOf('"', timeStart)
      if (!text.startsWith(thenData, timeEnd)) return false
      timeText = text.slice(timeStart, timeEnd)
      // An escape has to be read as JSON, and what JSON does not allow is damage.
      if (!plainText.test(timeText)) return false
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

  /** False when it is damaged; undefined when its end may lie behind the window. */
  #anyForm(isLast: boolean): boolean | undefined {
    const bytes = this.#inflated.bytes.subarray(this.#windowStart)
    const { object, error, end, isCut } = nextObject(bytes, this.#window, this.#objectAt, this.#windowStart)
    if (isCut === true && !isLast) return undefined
    const data = object === undefined ? undefined : dataOf(object)
    if (object === undefined || data === undefined) {
      this.#error ??= error ?? damaged(this.#windowStart + this.#objectAt, 'an object is no data')
      this.#windowStart = this.#inflated.bytes.length
      this.#window = ''
      this.#at = 0
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

/** No control character, no backslash. */
const plainText = /^[ -[\]-\u00ff]*$/
const windowBytes = 32_768
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
