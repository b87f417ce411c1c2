import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { EventBytes } from '../../../codecs/relay-record/event-bytes.ts'
import { RecordMaker } from '../../../codecs/relay-record/record-maker.ts'
import { namedZone, type Zone } from '../../../codecs/syslog-time/zone.ts'
import { errorCode, errorText } from '../../../core/errors.ts'
import { Counters } from '../../../core/metrics.ts'
import { youngGarbageCollector } from '../../../host/garbage-collection.ts'
import { writeRecords } from '../../../sinks/firehose/write-records.ts'
import { readSegment } from '../../../sinks/journal/read-segment.ts'
import type { MadeRecords, RecordAnswer, RecordRequest, RecordSettings } from './record-request.ts'

/** The other end of `RecordThread`: answers each request, one after the other. */
export function serveRecords(port: MessagePort, settings: RecordSettings): void {
  const tools = makeTools(settings.timeZone)
  const collect = youngGarbageCollector()
  port.on('message', (request: RecordRequest) => {
    // Before anything is done with the segment: a death from now on is charged to it.
    port.postMessage({ begun: true } satisfies RecordAnswer)
    void makeRecords(request, settings, tools).then(
      (made) => {
        port.postMessage({ made } satisfies RecordAnswer)
        collect()
      },
      (error: unknown) => {
        port.postMessage({ failure: recordFailure(error) } satisfies RecordAnswer)
      },
    )
  })
}

/** What there is no memory for fails as what there is no room for on the disk does: it is the machine's, and passes. */
export function recordFailure(error: unknown): { readonly code: string; readonly message: string } {
  const code = errorCode(error)
  const message = errorText(error)
  const lacksMemory =
    ['Z_MEM_ERROR', 'ERR_MEMORY_ALLOCATION_FAILED'].includes(code) ||
    // V8's own error has no code.
    (error instanceof RangeError && message === 'Array buffer allocation failed')
  return { code: lacksMemory ? 'ENOMEM' : code || 'RECORDS_FAILED', message }
}

/** What is used for one segment after the other: made anew for each it would take a tenth of the time. */
interface Tools {
  /** For the segment's bytes. */
  readonly memory: Buffer
  readonly events: EventBytes
  readonly zone: Zone
}

function makeTools(timeZone: string): Tools {
  return { memory: Buffer.allocUnsafeSlow(usualSegmentBytes), events: new EventBytes(), zone: namedZone(timeZone) }
}

/** The records of a segment, on the disk when it resolves. Once more makes the same. Rejects when the disk fails. */
async function makeRecords(
  { segment, owner }: RecordRequest,
  settings: RecordSettings,
  { memory, events, zone }: Tools,
): Promise<MadeRecords> {
  const { recordsPath, groupPrefix, packs, isSynced } = settings
  const counters = new Counters()
  const { blocks, end } = await readSegment(segment, undefined, memory)
  const maker = new RecordMaker({ owner, groupPrefix, timeZone: zone, packs, counters, events })
  for (const block of blocks) maker.add(block)
  const { records, unfit } = maker.finish()
  for (const { id, bytes } of unfit) {
    await writeFile(path.join(recordsPath, `${id}${unfitSuffix}`), bytes, { mode: 0o600 })
  }
  return {
    records: await writeRecords(
      { folder: recordsPath, segment: segment.file, isSynced },
      records.map(({ bytes }) => bytes),
    ),
    unfit: unfit.map(({ id, bytes }) => ({ name: `${id}${unfitSuffix}`, bytes: bytes.length })),
    end,
    counted: counters.snapshot(),
  }
}

/** A message which no record can hold, on its way into quarantine. */
const unfitSuffix = '.message'

/** What a segment of the usual 4 MiB of messages takes as a file, unless they are very short. */
const usualSegmentBytes = 6 * 1024 * 1024
