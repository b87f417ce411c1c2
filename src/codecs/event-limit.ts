import { KinloaderError } from '../core/errors.ts'

/** Events taken from one payload: a megabyte of hostile gzip could hold tens of millions of empty ones. */
export const maxEvents = 500_000

export function tooManyEvents(): KinloaderError {
  return new KinloaderError(
    'TOO_MANY_EVENTS',
    `The record holds more than ${maxEvents} events; the first ones were taken.`,
  )
}
