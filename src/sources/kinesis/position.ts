import type { IteratorStart } from '../../clients/kinesis-stream.ts'

/**
 * How far a shard is read. Positions are compared by sequence number only: arrival times may go backwards.
 *
 * As text in a checkpoint store:
 *
 *     TRIM_HORIZON                          nothing read yet, begin at the oldest record
 *     AT_TIMESTAMP 2026-01-01T00:00:00.000Z nothing read yet, begin at this time
 *     4961…                                 everything up to this sequence number (kinlog wrote these too)
 *     4961… 2026-01-01T00:00:00.000Z        the same, with the arrival time of that record
 *     SHARD_END                             drained; a child may be read
 */
export type ShardPosition =
  | { readonly kind: 'horizon' }
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'after'; readonly sequenceNumber: string; readonly arrivedMs?: number | undefined }
  | { readonly kind: 'end' }

export function formatPosition(position: ShardPosition): string {
  switch (position.kind) {
    case 'horizon':
      return 'TRIM_HORIZON'
    case 'time':
      return `AT_TIMESTAMP ${new Date(position.timeMs).toISOString()}`
    case 'after': {
      const { sequenceNumber, arrivedMs } = position
      return arrivedMs === undefined ? sequenceNumber : `${sequenceNumber} ${new Date(arrivedMs).toISOString()}`
    }
    case 'end':
      return 'SHARD_END'
  }
}

/** Undefined for text which is no position. */
export function parsePosition(text: string): ShardPosition | undefined {
  const [head = '', timeText] = text.split(' ')
  const timeMs = timeText === undefined ? undefined : Date.parse(timeText)
  if (Number.isNaN(timeMs)) return undefined
  if (head === 'TRIM_HORIZON') return { kind: 'horizon' }
  if (head === 'SHARD_END') return { kind: 'end' }
  if (head === 'AT_TIMESTAMP') return timeMs === undefined ? undefined : { kind: 'time', timeMs }
  return /^\d+$/.test(head) ? { kind: 'after', sequenceNumber: head, arrivedMs: timeMs } : undefined
}

/** What to ask Kinesis for; undefined at the end, where there is nothing to ask. */
export function iteratorStart(position: ShardPosition): IteratorStart | undefined {
  switch (position.kind) {
    case 'horizon':
      return { type: 'TRIM_HORIZON' }
    case 'time':
      return { type: 'AT_TIMESTAMP', timeMs: position.timeMs }
    case 'after':
      return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: position.sequenceNumber }
    case 'end':
      return undefined
  }
}
