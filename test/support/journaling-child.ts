import { writeSync } from 'node:fs'
import { silentLogger } from '../../src/core/logger.ts'
import { Counters } from '../../src/core/metrics.ts'
import { systemProcesses } from '../../src/host/process-table.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { RecordFiles } from '../../src/sinks/firehose/record-files.ts'
import { writeRecords } from '../../src/sinks/firehose/write-records.ts'
import { Journal } from '../../src/sinks/journal/journal.ts'
import { type ClosedSegment, readSegment } from '../../src/sinks/journal/read-segment.ts'
import { SpoolFolder } from '../../src/sinks/journal/spool-folder.ts'
import { messagesOf } from './messages-of.ts'

/**
 * Appends numbered messages to a journal for ever, from several connections, makes records of its segments, and prints
 * each number after its write resolved. The argument is the spool directory.
 */
const clock = systemClock
const logger = silentLogger
const counters = new Counters()
const folder = await SpoolFolder.open({
  spoolDir: process.argv[2] ?? '',
  region: 'us-east-1',
  stream: 's',
  clock,
  logger,
  counters,
  processes: systemProcesses(),
  uid: process.getuid?.(),
})
const records = new RecordFiles({ folder, clock, logger })
const lineFeed = Buffer.from('\n')
let converting = Promise.resolve()
const onSegment = (segment: ClosedSegment): void => {
  converting = converting.then(() => convert(segment))
}
const journal = new Journal({ folder, clock, logger, counters, onSegment, segmentBytes: 60_000, fsyncIntervalMs: 5 })
writeSync(1, 'open\n')
let next = 0
await Promise.all(Array.from({ length: 5 }, connection))

async function connection(): Promise<void> {
  const live = new AbortController().signal
  for (;;) {
    const numbers = Array.from({ length: 1 + (next % 7) }, () => next++)
    // From a few bytes to a page, so that a kill finds writes of all sizes.
    const messages = messagesOf(numbers.map((number) => `${number} ${'.'.repeat((number * 7919) % 4000)}`))
    await journal.write(
      [{ format: 'syslog', address: '127.0.0.1', port: 514, receivedMs: clock.now(), messages }],
      live,
    )
    writeSync(1, numbers.map((number) => `${number}\n`).join(''))
  }
}

async function convert(segment: ClosedSegment): Promise<void> {
  const { blocks, end } = await readSegment(segment)
  const lines = blocks.flatMap(({ messages }) => [...messages].flatMap((message) => [message, lineFeed]))
  // An even number, so that a message and its line feed stay together.
  const some = 2 * Math.ceil(lines.length / 6)
  const parts = [0, 1, 2].map((part) => Buffer.concat(lines.slice(part * some, (part + 1) * some)))
  const written = await writeRecords({ folder: folder.recordsPath, segment: segment.file, isSynced: false }, parts)
  await folder.converted(segment, end)
  await records.added(written, end)
}
