import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { ListenerStatus } from '../sources/sockets/source.ts'

export interface ListenerReportOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  readonly listeners: () => readonly ListenerStatus[]
  /** Datagrams the kernel has dropped, by UDP port. */
  readonly kernelDrops: () => Promise<ReadonlyMap<number, number | undefined>>
  /** Further figures of the whole input, for its own line. */
  readonly totals: () => Readonly<Record<string, number | undefined>>
}

/**
 * Says every interval how each listener is doing, one line a port, and one for the whole. Until the signal aborts.
 *
 *     INFO at=listener transport=udp port=514 format=syslog state=listening … accepted=17 dropped=2 dropped.queue_full=2
 *
 * A family such as `dropped` is there as its sum, and then reason by reason.
 */
export async function reportListeners(options: ListenerReportOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger, intervalMs, listeners, kernelDrops, totals } = options
  for (;;) {
    await clock.sleep(intervalMs, signal)
    if (signal.aborted) return
    const drops = await kernelDrops()
    for (const status of listeners()) logger.info('listener', line(status, drops.get(status.port)))
    logger.info('input', withSums(rounded(totals())))
  }
}

function line(
  { listener, port, isListening, counters, openConnections }: ListenerStatus,
  kernelDrops: number | undefined,
): Readonly<Record<string, string | number | undefined>> {
  const isUdp = listener.transport === 'udp'
  return {
    transport: listener.transport,
    port: isListening ? port : listener.port,
    format: listener.format,
    state: isListening ? 'listening' : 'not listening',
    connections: isUdp ? undefined : openConnections,
    received: 0,
    accepted: 0,
    dropped: 0,
    discarded: 0,
    truncated: 0,
    ...withSums(counters.snapshot()),
    kernel_drops: isUdp ? kernelDrops : undefined,
  }
}

/** The reasons of a family follow its sum. */
function withSums(counts: Readonly<Record<string, number | undefined>>): Record<string, number | undefined> {
  const summed: Record<string, number | undefined> = {}
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined) continue
    const [family = '', reason] = name.split('.')
    summed[family] = (summed[family] ?? 0) + count
    if (reason !== undefined) summed[name] = count
  }
  return summed
}

/** Three decimals: the counters of seconds have many more. */
function rounded(totals: Readonly<Record<string, number | undefined>>): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(totals).map(([name, value]) => [
      name,
      value === undefined ? undefined : Math.round(value * 1000) / 1000,
    ]),
  )
}
