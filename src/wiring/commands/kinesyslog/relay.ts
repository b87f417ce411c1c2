import { instanceRegion } from '../../../clients/instance-region.ts'
import { isAborted, untilAborted } from '../../../core/aborting.ts'
import { Counters } from '../../../core/metrics.ts'
import { withDeadline } from '../../../core/with-deadline.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { createSockets } from '../../socket-source.ts'
import { checkedStream } from './checked-stream.ts'
import { connectFirehose } from './firehose-connection.ts'
import { FirstFailure } from './first-failure.ts'
import { listen } from './listening.ts'
import type { ListenSettings } from './listen-settings.ts'
import { takeMessages } from './relay-intake.ts'
import { type RelayGround, relayOwner, relayParts, relayStatus } from './relay-parts.ts'
import { openSpool } from './spool.ts'
import { openStatusPages } from './status-pages.ts'

/** What a relay needs of its process. */
export type RelayHost = Pick<
  ProgramHost,
  'environment' | 'logger' | 'clock' | 'signal' | 'launch' | 'onHangup' | 'onExit'
>

/** What the start waits for STS, in milliseconds: who sends by UDP does not wait. */
const ownerMs = 5000
/** For how long the end uploads, in milliseconds. What is left is in the spool. */
const uploadAtEndMs = 30_000

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

interface Relay extends Omit<RelayGround, 'over'> {
  readonly host: RelayHost
}

async function serve(relay: Relay): Promise<void> {
  const { settings, host, folder } = relay
  const { clock, logger, signal } = host
  const over = new AbortController()
  const failure = new FirstFailure()
  const stop = AbortSignal.any([signal, failure.signal])
  const ground: RelayGround = { ...relay, over: over.signal }
  const owner = relayOwner(ground)
  await withDeadline(clock, ownerMs, (deadline) => owner.lookUp(AbortSignal.any([signal, deadline])))
  const source = await createSockets(settings, { clock, logger, stop })
  const parts = relayParts(ground, owner)
  const { journal, line, thread, uploader } = parts
  // Before the listeners: what came by UDP would be lost if this failed behind them.
  const pages = await openStatusPages(settings, relayStatus(ground, parts, { source, stop }), parts.metrics)
  const closePages = (): Promise<unknown> => Promise.all(pages.map((page) => page.close()))
  try {
    await listen(source, settings, host)
  } catch (error) {
    await Promise.all([closePages(), thread.close()])
    throw error
  }
  thread.died.catch(failure.take)
  for (const segment of folder.segments) line.add(segment)
  const running = Promise.all([uploader.run(over.signal), owner.run(over.signal)])
  await takeMessages({ source, journal, clock, stop, over: over.signal }).catch(failure.take)
  await withDeadline(clock, uploadAtEndMs, async (deadline) => {
    await Promise.race([line.settled.catch(failure.take), untilAborted(deadline)])
    const left = await uploader.drain(deadline)
    logger.info('stopped', { left_records: left.records, left_bytes: left.bytes, left_segments: line.waiting })
  })
  over.abort()
  await running
  await closePages()
  await thread.close()
  failure.check()
}
