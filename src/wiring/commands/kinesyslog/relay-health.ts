import type { Health } from '../../../host/metrics-server.ts'
import type { UploadHealth } from '../../../sinks/firehose/uploader-options.ts'
import type { ListenerStatus } from '../../../sources/sockets/options.ts'
import type { RecordHealth } from './record-line.ts'

/** What a relay's health is judged by. */
export interface RelayState {
  readonly journal: 'ok' | 'full'
  readonly upload: UploadHealth
  readonly making: RecordHealth
  readonly listeners: readonly ListenerStatus[]
  /** Whether it takes messages: not before it listens, nor when it was told to end. */
  readonly isServing: boolean
  readonly nowMs: number
}

/** Uploads which fail for longer are worth somebody's sleep, in milliseconds. */
const maxFailingMs = 5 * 60_000
/** A segment which no records can be made of blocks all behind it, in milliseconds. */
const maxMakingMs = 60_000

/** Whether somebody should look. */
export function healthOf({ journal, upload, making, listeners, isServing, nowMs }: RelayState): Health {
  const failingMs = upload.failingSinceMs === undefined ? 0 : nowMs - upload.failingSinceMs
  return healthFrom([
    ...fullSpool(journal),
    ...(failingMs > maxFailingMs
      ? [
          `Firehose has taken nothing for ${Math.round(failingMs / 60_000)} minutes (${upload.lastError ?? 'no answer'}).`,
        ]
      : []),
    ...stuckSegment(making),
    ...listeners
      .filter(({ isListening }) => isServing && !isListening)
      .map(({ listener: { transport, port } }) => `The ${transport.toUpperCase()} port ${port} is not listened on.`),
  ])
}

/** Whether it should be sent anything now. */
export function readinessOf({ journal, isServing }: RelayState): Health {
  return healthFrom([...(isServing ? [] : ['It is starting or ending.']), ...fullSpool(journal)])
}

function fullSpool(journal: 'ok' | 'full'): readonly string[] {
  return journal === 'full' ? ['The spool is full, and senders are held back.'] : []
}

function stuckSegment({ failingMs = 0, lastError = '', makingMs = 0 }: RecordHealth): readonly string[] {
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} seconds`
  if (failingMs > maxMakingMs) {
    return [`No records can be made for ${seconds(failingMs)} (${lastError}); look at the spool's disk.`]
  }
  if (makingMs <= maxMakingMs) return []
  return [
    `No records have come of a segment for ${seconds(makingMs)} (NO_ANSWER); look at the spool's disk and the processor, and start the program again.`,
  ]
}

function healthFrom(problems: readonly string[]): Health {
  return { isGood: problems.length === 0, problems }
}
