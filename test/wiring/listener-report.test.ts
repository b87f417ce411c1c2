import assert from 'node:assert/strict'
import { Counters } from '../../src/core/metrics.ts'
import type { Listener } from '../../src/sources/sockets/listener.ts'
import type { ListenerStatus } from '../../src/sources/sockets/options.ts'
import { reportListeners } from '../../src/wiring/listener-report.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function status(
  listener: Pick<Listener, 'transport' | 'port'>,
  counts: Readonly<Record<string, number>>,
  changes: Partial<ListenerStatus> = {},
): ListenerStatus {
  const counters = new Counters()
  for (const [name, count] of Object.entries(counts)) counters.add(name, count)
  return {
    listener: { format: 'syslog', address: '0.0.0.0', proxy: false, ...listener },
    port: listener.port,
    isListening: true,
    counters,
    openConnections: 0,
    receiveBytes: 0,
    pendingSets: 0,
    ...changes,
  }
}

describe('the report about listeners', () => {
  it('is one line a port and one for the input, each interval, with sums before their reasons', async () => {
    const [clock, logger, stop] = [new VirtualClock(), new RecordingLogger(), new AbortController()]
    const done = reportListeners(
      {
        clock,
        logger,
        intervalMs: 60_000,
        listeners: () => [
          status(
            { transport: 'udp', port: 514 },
            {
              received: 9,
              accepted: 4,
              'dropped.queue_full': 3,
              'dropped.not_allowed': 1,
              'discarded.empty_datagram': 1,
            },
          ),
          status({ transport: 'tls', port: 6514 }, { connections_opened: 7 }, { openConnections: 2 }),
          status({ transport: 'tcp', port: 601 }, {}, { isListening: false, port: 0 }),
        ],
        kernelDrops: () => Promise.resolve(new Map([[514, 17]])),
        totals: () => ({ events: 4, blocked_seconds: 1.23456, 'time_fallback.nil': 2, unknown: undefined }),
      },
      stop.signal,
    )
    await clock.advance(59_999)
    assert.deepEqual(logger.lines, [])
    await clock.advance(1)
    stop.abort()
    await done
    const none = { received: 0, accepted: 0, dropped: 0, discarded: 0, truncated: 0 }
    assert.deepEqual(
      logger.lines.map(({ level, at, fields }) => [level, at, known(fields)]),
      [
        [
          'info',
          'listener',
          {
            transport: 'udp',
            port: 514,
            format: 'syslog',
            state: 'listening',
            received: 9,
            accepted: 4,
            dropped: 4,
            discarded: 1,
            truncated: 0,
            'dropped.queue_full': 3,
            'dropped.not_allowed': 1,
            'discarded.empty_datagram': 1,
            kernel_drops: 17,
          },
        ],
        [
          'info',
          'listener',
          {
            transport: 'tls',
            port: 6514,
            format: 'syslog',
            state: 'listening',
            connections: 2,
            ...none,
            connections_opened: 7,
          },
        ],
        [
          'info',
          'listener',
          { transport: 'tcp', port: 601, format: 'syslog', state: 'not listening', connections: 0, ...none },
        ],
        ['info', 'input', { events: 4, blocked_seconds: 1.235, time_fallback: 2, 'time_fallback.nil': 2 }],
      ],
    )
  })
})

function known(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
