import type { StreamSummary } from '../../clients/kinesis-stream.ts'
import type { ShardPosition } from './position.ts'

/** Where a reader without checkpoints begins. */
export type InitialPosition =
  | { readonly kind: 'latest' }
  | { readonly kind: 'trim_horizon' }
  | { readonly kind: 'time'; readonly timeMs: number }

/** The reserved key under which a reader remembers which stream it reads and since when. */
export const originKey = '@stream'

/**
 * Which stream a reader has begun to read, and where: remembered before the first read, so that a crash right
 * after the start does not move the start.
 *
 * Stored as JSON: `{"arn":"…","created":"2026-…Z","since":"2026-…Z"}`; without `since` it began at the horizon.
 */
export interface Origin {
  readonly arn: string
  /** Milliseconds since 1970; undefined where the service does not tell. */
  readonly createdMs: number | undefined
  /** Where shards begin which have no checkpoint and no ancestor that was read. Never the tip: that moves. */
  readonly start: OriginStart
}

export type OriginStart = Extract<ShardPosition, { kind: 'horizon' | 'time' }>

/** The tip is translated to a point in time, once. `nowMs`: the earlier of our clock and the service's. */
export function originStart(initial: InitialPosition, nowMs: number): OriginStart {
  switch (initial.kind) {
    case 'latest':
      return { kind: 'time', timeMs: nowMs }
    case 'time':
      return { kind: 'time', timeMs: initial.timeMs }
    case 'trim_horizon':
      return { kind: 'horizon' }
  }
}

export function formatOrigin(origin: Origin): string {
  return JSON.stringify({
    arn: origin.arn,
    ...(origin.createdMs !== undefined && { created: new Date(origin.createdMs).toISOString() }),
    ...(origin.start.kind === 'time' && { since: new Date(origin.start.timeMs).toISOString() }),
  })
}

/** Undefined for text which no reader of ours wrote. */
export function parseOrigin(text: string): Origin | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('arn' in value) || typeof value.arn !== 'string')
    return undefined
  const createdMs = 'created' in value ? Date.parse(String(value.created)) : undefined
  const sinceMs = 'since' in value ? Date.parse(String(value.since)) : undefined
  if (Number.isNaN(createdMs) || Number.isNaN(sinceMs)) return undefined
  return {
    arn: value.arn,
    createdMs,
    start: sinceMs === undefined ? { kind: 'horizon' } : { kind: 'time', timeMs: sinceMs },
  }
}

/** A stream of the same name which was deleted and created again is another stream. */
export function isSameStream(origin: Origin, summary: StreamSummary): boolean {
  if (origin.arn !== summary.arn) return false
  if (origin.createdMs === undefined || summary.createdMs === undefined) return true
  // Some endpoints tell whole seconds, some milliseconds.
  return Math.abs(origin.createdMs - summary.createdMs) < 1000
}
