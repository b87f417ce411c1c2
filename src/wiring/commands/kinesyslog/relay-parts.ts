import { Owner, readAccount } from '../../../clients/account.ts'
import type { Counters } from '../../../core/metrics.ts'
import type { ProgramHost } from '../../../host/run.ts'
import type { RecordFiles } from '../../../sinks/firehose/record-files.ts'
import { Uploader } from '../../../sinks/firehose/uploader.ts'
import { Journal } from '../../../sinks/journal/journal.ts'
import type { SpoolFolder } from '../../../sinks/journal/spool-folder.ts'
import type { SocketSource } from '../../../sources/sockets/source.ts'
import type { FirehoseConnection } from './firehose-connection.ts'
import type { ListenSettings } from './listen-settings.ts'
import { RelayMetrics } from './metrics.ts'
import { RecordLine } from './record-line.ts'
import { RecordThread } from './record-thread.ts'
import { RelayStatus } from './relay-status.ts'

/** What the parts of a relay are made of and share. */
export interface RelayGround {
  readonly settings: ListenSettings
  readonly host: Pick<ProgramHost, 'clock' | 'logger' | 'launch'>
  readonly connection: FirehoseConnection
  readonly folder: SpoolFolder
  readonly records: RecordFiles
  readonly counters: Counters
  /** Aborts when nothing is tried again any more. */
  readonly over: AbortSignal
}

/** What messages go through, from the journal on. */
export interface RelayParts {
  readonly journal: Journal
  readonly line: RecordLine
  readonly thread: RecordThread
  readonly uploader: Uploader
  readonly metrics: RelayMetrics
}

/** Whose account stands in records: asked of STS. */
export function relayOwner({ settings, host: { clock, logger }, connection, counters }: RelayGround): Owner {
  const read = (signal: AbortSignal): Promise<string> => readAccount(connection.sts, signal)
  return new Owner({ explicit: settings.owner, read, clock, logger, counters })
}

/** Nothing of it works before it is given something, but the thread runs. */
export function relayParts(ground: RelayGround, owner: Owner): RelayParts {
  const { settings, host, connection, folder, records, counters, over } = ground
  const { clock, logger, launch } = host
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
    signal: over,
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
  return { journal, line, thread, uploader, metrics }
}

/** `stop` aborts when it takes no messages any more. */
export function relayStatus(
  { host: { clock }, folder, records, counters }: RelayGround,
  { journal, line, uploader }: RelayParts,
  { source, stop }: { readonly source: SocketSource; readonly stop: AbortSignal },
): RelayStatus {
  return new RelayStatus({ source, journal, uploader, records, folder, line, counters, clock, stop })
}
