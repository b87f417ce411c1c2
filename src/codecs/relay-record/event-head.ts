/**
 * What stands before an event's text, for one event after the other of a block: only the digits which differ are
 * written anew, which costs a tenth of making the text again.
 *
 *     {"id":"363f3136-9356-443b-9eee-ce72d32d2307","timestamp":1519247270240,"message":"
 *     0      7                       31          43           57           70
 */
export class EventHead {
  #bytes = Buffer.alloc(0)
  #timeMs = Number.NaN
  #millions = Number.NaN

  /** Valid until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The events of a block whose first has this id follow. `idOf` says the same of one message. */
  begin(firstId: string): void {
    if (this.#bytes.length === 0) this.#rebuild(firstId, 0)
    else this.#bytes.write(firstId, idStart, 'latin1')
  }

  /** The next message's id: the counter of 48 bits plus 1. */
  countUp(): void {
    const bytes = this.#bytes
    for (let at = idEnd - 1; at >= counterStart; at--) {
      const digit = bytes[at]
      if (digit !== smallF) {
        bytes[at] = digit === nine ? smallA : (digit ?? zero) + 1
        return
      }
      bytes[at] = zero
    }
  }

  setTime(timeMs: number): void {
    if (timeMs === this.#timeMs) return
    // Times of thirteen digits, from 2001 to 2286, are written in place.
    if (timeMs < 1e12 || timeMs >= 1e13 || this.#bytes.length !== usualLength) {
      this.#rebuild(this.#bytes.toString('latin1', idStart, idEnd), timeMs)
      return
    }
    this.#timeMs = timeMs
    const millions = Math.floor(timeMs / 1e6)
    this.#writeDigits(timeMs - millions * 1e6, timeStart + 12, timeStart + 7)
    if (millions !== this.#millions) {
      this.#millions = millions
      this.#writeDigits(millions, timeStart + 6, timeStart)
    }
  }

  #rebuild(id: string, timeMs: number): void {
    this.#bytes = Buffer.from(`{"id":"${id}","timestamp":${timeMs},"message":"`, 'latin1')
    this.#timeMs = timeMs
    this.#millions = Number.NaN
  }

  /** Decimal, from the last to the first position. */
  #writeDigits(value: number, last: number, first: number): void {
    for (let at = last; at >= first; at--) {
      const rest = Math.trunc(value / 10) | 0
      this.#bytes[at] = zero + value - rest * 10
      value = rest
    }
  }
}

const idStart = 7
const counterStart = 31
const idEnd = 43
const timeStart = 57
const usualLength = 82
const zero = 0x30
const nine = 0x39
const smallA = 0x61
const smallF = 0x66
