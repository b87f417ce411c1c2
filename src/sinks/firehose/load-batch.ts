import { encodedBytes } from './encoded-size.ts'
import type { LoadedRecord } from './put-batch.ts'
import type { ReadFaults } from './read-faults.ts'
import type { RecordStore, WaitingRecord } from './record-store.ts'

/** AWS's limit of a record, before base64. */
const maxRecordBytes = 1_024_000

/** What reading brought. */
export interface LoadedBatch {
  readonly batch: readonly LoadedRecord[]
  /** Before base64. */
  readonly bytes: number
  readonly encodedBytes: number
  /** They can never be delivered: `unreadable`, `empty` or `too_large`. */
  readonly unfit: readonly { readonly record: WaitingRecord; readonly reason: string }[]
  /** Perhaps they can be read later: they are to rest. */
  readonly unread: readonly { readonly record: WaitingRecord; readonly error: unknown }[]
  /** A file was larger than its name in the store says, so these do not fit any more. */
  readonly tooMuch: readonly WaitingRecord[]
}

/** Reads the records of one request, one after the other: one open file. Never rejects. */
export async function loadBatch(
  store: RecordStore,
  records: readonly WaitingRecord[],
  { maxEncodedBytes, faults }: { readonly maxEncodedBytes: number; readonly faults: ReadFaults },
): Promise<LoadedBatch> {
  const batch: LoadedRecord[] = []
  const unfit: { record: WaitingRecord; reason: string }[] = []
  const unread: { record: WaitingRecord; error: unknown }[] = []
  const tooMuch: WaitingRecord[] = []
  let bytes = 0
  let encoded = 0
  for (const record of records) {
    let data: Uint8Array
    try {
      data = await store.read(record)
      faults.wasRead(record)
    } catch (error) {
      if (faults.failed(record, error)) unfit.push({ record, reason: 'unreadable' })
      else unread.push({ record, error })
      continue
    }
    if (data.length === 0) unfit.push({ record, reason: 'empty' })
    else if (data.length > maxRecordBytes) unfit.push({ record, reason: 'too_large' })
    else if (batch.length > 0 && encoded + encodedBytes(data.length) > maxEncodedBytes) tooMuch.push(record)
    else {
      batch.push({ record, data })
      bytes += data.length
      encoded += encodedBytes(data.length)
    }
  }
  return { batch, bytes, encodedBytes: encoded, unfit, unread, tooMuch }
}
