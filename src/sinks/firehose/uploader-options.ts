import type { FirehoseClient } from '@aws-sdk/client-firehose'
import type { Random } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import type { RecordStore } from './record-store.ts'

export interface UploaderOptions {
  readonly store: RecordStore
  readonly client: FirehoseClient
  /** The delivery stream's name. */
  readonly stream: string
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  readonly random?: Random
  /** How long a record waits at most before it is tried, milliseconds. Default 60,000. */
  readonly uploadMs?: number
  /** Requests at once. Default 4; each holds up to a request's bytes in memory, some times over while it is encoded. */
  readonly maxInFlight?: number
  /** Of a request. Default 500, AWS's limit. */
  readonly maxRecords?: number
  /** Of a whole request as it is sent. Default 4,194,304, AWS's limit. */
  readonly maxEncodedBytes?: number
  /** A request which takes longer is given up and tried again, milliseconds. Default 60,000. */
  readonly requestTimeoutMs?: number
  /** Told of each call, failed ones included; must not throw. */
  readonly onCall?: (call: UploadCall) => void
}

export interface UploadCall {
  readonly records: number
  /** Before base64. */
  readonly bytes: number
  readonly durationMs: number
}

export interface UploadHealth {
  /** Since when nothing gets through although it is tried: wall-clock milliseconds since 1970. Absent while all is well. */
  readonly failingSinceMs?: number
  /** AWS's or Node's code of the last failure since then. */
  readonly lastError?: string
  /** When the oldest waiting record came in: wall-clock milliseconds since 1970. */
  readonly oldestMs: number | undefined
}

export interface Undelivered {
  readonly records: number
  readonly bytes: number
}
