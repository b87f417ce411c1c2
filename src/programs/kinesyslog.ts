import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { collectSeldom } from '../host/garbage-collection.ts'
import { runCommands } from '../host/run-command.ts'
import { kinesyslogInstall } from '../wiring/commands/kinesyslog/install.ts'
import { kinesyslogListen } from '../wiring/commands/kinesyslog/listen.ts'
import type { RecordSettings } from '../wiring/commands/kinesyslog/record-request.ts'
import packageJson from '../../package.json' with { type: 'json' }

/** The relay; and, started again as a thread of its own, what makes its records. */
collectSeldom()
if (isMainThread || parentPort === null) {
  await runCommands('kinesyslog', [kinesyslogListen, kinesyslogInstall], {
    version: packageJson.version,
    crashExitCode: 1,
    // Uploading at the end has 30 s of it; systemd gives it a minute.
    stopTimeoutMs: 45_000,
  })
} else {
  const { serveRecords } = await import('../wiring/commands/kinesyslog/record-making.ts')
  serveRecords(parentPort, workerData as RecordSettings)
}
