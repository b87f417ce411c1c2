import { type BatchAnswer, type LoadedRecord, putBatch } from './put-batch.ts'
import type { UploaderOptions } from './uploader-options.ts'
import { withTimeout } from './with-timeout.ts'

/** One call, counted and timed whatever becomes of it. `bytes`: before base64. */
export async function measuredPut(
  { client, stream, clock, counters, onCall, requestTimeoutMs = 60_000 }: UploaderOptions,
  { batch, bytes }: { readonly batch: readonly LoadedRecord[]; readonly bytes: number },
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const startedMs = clock.monotonic()
  counters.add('upload_calls')
  try {
    return await withTimeout(clock, requestTimeoutMs, signal, (both) => putBatch(client, stream, batch, both))
  } finally {
    const durationMs = clock.monotonic() - startedMs
    counters.add('upload_ms', durationMs)
    onCall?.({ records: batch.length, bytes, durationMs })
  }
}
