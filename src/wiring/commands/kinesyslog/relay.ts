import { Owner, readAccount } from '../../../clients/account.ts'
import { instanceRegion } from '../../../clients/instance-region.ts'
import { isAborted, untilAborted } from '../../../core/aborting.ts'
import type { MessageBlock } from '../../../core/message-block.ts'
import { Counters } from '../../../core/metrics.ts'
import { pump } from '../../../core/pump.ts'
import { withDeadline } from '../../../core/with-deadline.ts'
import type { ProgramHost } from '../../../host/run.ts'
import type { RecordFiles } from '../../../sinks/firehose/record-files.ts'
import { Uploader } from '../../../sinks/firehose/uploader.ts'
import { Journal } from '../../../sinks/journal/journal.ts'
import type { SpoolFolder } from '../../../sinks/journal/spool-folder.ts'
import { createSockets } from '../../socket-source.ts'
import { checkedStream } from './checked-stream.ts'
import { connectFirehose, type FirehoseConnection } from './firehose-connection.ts'
import { listen } from './listening.ts'
import type { ListenSettings } from './listen-settings.ts'
import { RecordLine } from './record-line.ts'
import { RecordThread } from './record-thread.ts'
import { RelayMetrics } from './metrics.ts'
import { RelayStatus } from './relay-status.ts'
import { RotatingJournal } from './rotating-journal.ts'
import { openSpool } from './spool.ts'
import { openStatusPages } from './status-pages.ts'

/** What a relay needs of its process. */
export type RelayHost = Pick<
  ProgramHost,
  'environment' | 'logger' | 'clock' | 'signal' | 'launch' | 'onHangup' | 'onExit'
>

/** What the start waits for STS, in milliseconds: who sends by UDP does not wait. */
const ownerMs = 5000
/**
 * What a stop gives the journal to take what was read, in milliseconds; a little longer than the sockets do. On a full
 * disk it would wait for ever, and the senders are told by a reset.
 */
const acceptAtEndMs = 7000
/** What it then gets to close its segment, in milliseconds. */
const rotateAtEndMs = 5000
/** For how long the end uploads, in milliseconds. What is left is in the spool. */
const uploadAtEndMs = 30_000
/** Reads on their way into the journal at once: those of so many connections share one write. */
const parallelReads = 256

/**
 * Takes messages, keeps them on disk, makes records of them and uploads those, until the signal aborts.
 *
 *     sockets ──▶ journal ──segments──▶ thread ──record files──▶ uploader ──▶ Firehose
 *
 * Whatever is behind the first arrow is on disk: whatever dies, the next start goes on from there. Rejects with what is
 * wrong at the start, when nothing is bound yet, or with the death of a part which nothing can do without.
 */
export async function runRelay(settings: ListenSettings, host: RelayHost): Promise<void> {
  const { clock, logger, environment, signal } = host
  // A hang-up before there is anything to reload must not end the process.
  host.onHangup(() => undefined)
  let connection
  try {
    connection = await connectFirehose(settings, environment, () =>
      instanceRegion({ clock, logger, environment, signal }),
    )
  } catch (error) {
    if (isAborted(signal)) return
    throw error
  }
  const counters = new Counters()
  const spool = await openSpool(settings, { region: connection.region, clock, logger, counters })
  try {
    await checkedStream(connection.firehose, settings.stream, host)
    await serve({ settings, host, connection, counters, ...spool })
  } finally {
    await spool.folder.close()
  }
}

interface Relay {
  readonly settings: ListenSettings
  readonly host: RelayHost
  readonly connection: FirehoseConnection
  readonly folder: SpoolFolder
  readonly records: RecordFiles
  readonly counters: Counters
}

async function serve({ settings, host, connection, folder, records, counters }: Relay): Promise<void> {
  const { clock, logger, signal, launch } = host
  const over = new AbortController()
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, failed.signal])
  const owner = new Owner({
    explicit: settings.owner,
    read: (abort) => readAccount(connection.sts, abort),
    clock,
    logger,
    counters,
  })
  await withDeadline(clock, ownerMs, (deadline) => owner.lookUp(AbortSignal.any([signal, deadline])))
  const source = await createSockets(settings, { clock, logger, stop })
  const metrics = new RelayMetrics()
  const uploader = new Uploader({
    store: records,
    client: connection.firehose,
    stream: settings.stream,
    clock,
    logger,
    counters,
    uploadMs: settings.uploadMs,
    onCall: (call) => {
      metrics.called(call)
    },
  })
  const thread = new RecordThread(launch[1], {
    recordsPath: folder.recordsPath,
    groupPrefix: settings.groupPrefix,
    timeZone: settings.timeZone,
    packs: settings.packsRecords,
    isSynced: settings.fsync !== 'off',
  })
  const line = new RecordLine({
    folder,
    records,
    thread,
    owner: () => owner.current(),
    clock,
    logger,
    counters,
    onRecord: (bytes) => {
      metrics.made(bytes)
    },
    signal: over.signal,
  })
  const journal = new Journal({
    folder,
    clock,
    logger,
    counters,
    fsync: settings.fsync,
    segmentBytes: settings.bufferBytes,
    segmentMs: settings.bufferMs,
    onSegment: (segment) => {
      line.add(segment)
    },
  })
  const status = new RelayStatus({ source, journal, uploader, records, folder, line, counters, clock, stop })
  // Before the listeners: what came by UDP would be lost if this failed behind them.
  const pages = await openStatusPages(settings, status, metrics)
  const closePages = (): Promise<unknown> => Promise.all(pages.map((page) => page.close()))
  try {
    await listen(source, settings, host)
  } catch (error) {
    await Promise.all([closePages(), thread.close()])
    throw error
  }
  let failure: { readonly error: unknown } | undefined
  const fail = (error: unknown): void => {
    failure ??= { error }
    failed.abort()
  }
  thread.died.catch(fail)
  for (const segment of folder.segments) line.add(segment)
  const running = Promise.all([uploader.run(over.signal), owner.run(over.signal)])
  const late = new AbortController()
  void untilAborted(stop)
    .then(() => clock.sleep(acceptAtEndMs, over.signal))
    .then(() => {
      late.abort()
    })
  await pump<MessageBlock, MessageBlock>({
    source,
    sink: new RotatingJournal(journal),
    decode: (block) => [block],
    clock,
    // The source ends by itself when it has given everything which was readable; only a full disk breaks it off.
    signal: late.signal,
    settleMs: rotateAtEndMs,
    parallel: parallelReads,
  }).catch(fail)
  await withDeadline(clock, uploadAtEndMs, async (deadline) => {
    await Promise.race([line.settled.catch(fail), untilAborted(deadline)])
    const left = await uploader.drain(deadline)
    logger.info('stopped', { left_records: left.records, left_bytes: left.bytes, left_segments: line.waiting })
  })
  over.abort()
  await running
  await closePages()
  await thread.close()
  if (failure !== undefined) throw failure.error
}
