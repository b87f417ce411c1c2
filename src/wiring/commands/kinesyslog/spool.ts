import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import type { Clock } from '../../../core/clock.ts'
import type { Logger } from '../../../core/logger.ts'
import type { Counters } from '../../../core/metrics.ts'
import { systemProcesses } from '../../../host/process-table.ts'
import { importRecords } from '../../../sinks/firehose/import-records.ts'
import { RecordFiles } from '../../../sinks/firehose/record-files.ts'
import { SpoolFolder } from '../../../sinks/journal/spool-folder.ts'
import type { ListenSettings } from './listen-settings.ts'

export interface SpoolSurroundings {
  readonly region: string
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
}

/** The spool of the stream, and the record files in it; of the original, too, where it is told to. */
export async function openSpool(
  settings: ListenSettings,
  { region, clock, logger, counters }: SpoolSurroundings,
): Promise<{ readonly folder: SpoolFolder; readonly records: RecordFiles }> {
  const { spoolFolder: spoolDir, stream, spoolMaxBytes, isSpoolImported } = settings
  // Windows has no such ids.
  const uid = userInfo().uid < 0 ? undefined : userInfo().uid
  const folder = await SpoolFolder.open({
    spoolDir,
    region,
    stream,
    clock,
    logger,
    counters,
    processes: systemProcesses(),
    uid,
    maxBytes: spoolMaxBytes,
  })
  const records = new RecordFiles({ folder, clock, logger })
  if (isSpoolImported) await importRecords({ spoolDir, folder, records, uid, logger, counters })
  if (isTemporary(spoolDir)) {
    const effect = 'what waits there may be removed by the system; choose another with --spool-dir'
    logger.warn('spool', { warning: `The spool is in the temporary folder ${spoolDir}`, effect })
  }
  return { folder, records }
}

function isTemporary(folder: string): boolean {
  const way = path.relative(tmpdir(), path.resolve(folder))
  return !way.startsWith('..') && !path.isAbsolute(way)
}
