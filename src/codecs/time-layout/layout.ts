import { KinloaderError } from '../../core/errors.ts'
import { goLayout } from './go.ts'
import { type LocalZone, momentOf } from './moment.ts'
import { strftimeLayout } from './strftime.ts'

/** Writes a time, in milliseconds since 1970, in some layout. */
export type TimeFormat = (timeMs: number) => string

/** Characters of a layout. */
const maxLayoutLength = 256

/**
 * Compiles a layout: one with a `%` is strftime's, any other is Go's. `zoneAt` says what local time is at a time.
 * Throws `BAD_TIME_LAYOUT`.
 */
export function compileTimeLayout(layout: string, zoneAt: (timeMs: number) => LocalZone): TimeFormat {
  if (layout.length > maxLayoutLength) {
    throw new KinloaderError('BAD_TIME_LAYOUT', `The time layout has more than ${maxLayoutLength} characters.`)
  }
  const parts = layout.includes('%') ? strftimeLayout(layout) : goLayout(layout)
  // Many events are read in one millisecond.
  let lastMs = Number.NaN
  let text = ''
  return (timeMs) => {
    if (timeMs === lastMs) return text
    const moment = momentOf(timeMs, zoneAt(timeMs))
    text = parts.map((part) => (typeof part === 'string' ? part : part(moment))).join('')
    lastMs = timeMs
    return text
  }
}
