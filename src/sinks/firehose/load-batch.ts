import { errorCode } from '../../core/errors.ts'
import { encodedBytes } from './encoded-size.ts'
import type { LoadedRecord } from './put-batch.ts'
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
  /** The machine is short of something; they can be read later. */
  readonly unread: readonly { readonly record: WaitingRecord; readonly error: unknown }[]
  /** A file was larger than its name in the store says, so these do not fit any more. */
  readonly tooMuch: readonly WaitingRecord[]
}

const shortages = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR'])

/** Reads the records of one request, one after the other: one open file. Never rejects. */
export async function loadBatch(
  store: RecordStore,
  records: readonly WaitingRecord[],
  maxEncodedBytes: number,
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
    } catch (error) {
      if (shortages.has(errorCode(error))) unread.push({ record, error })
      else unfit.push({ record, reason: 'unreadable' })
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
