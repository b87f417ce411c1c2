import { redacting } from '../host/stderr-logger.ts'
import { untilAborted } from '../core/aborting.ts'
import type { MessageBlock } from '../core/message-block.ts'
import { Counters } from '../core/metrics.ts'
import { pump } from '../core/pump.ts'
import type { Delivery, Source } from '../core/source.ts'
import { SplunkPipeSink } from '../sinks/splunk-pipe/sink.ts'
import type { ProgramHost } from '../host/run.ts'
import type { InputDefinition } from '../splunk/input-definition.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import { readSyslogSettings } from './inputs/kinloader-syslog-settings.ts'
import { reportListeners } from './listener-report.ts'
import { LongEventWarning } from './long-event-warning.ts'
import { MessageEvents } from './message-events.ts'
import { bindPatiently } from './patient-binding.ts'
import { openSockets } from './socket-source.ts'
import { splunkEncoder } from './splunk-events.ts'

/**
 * From the stop to the end of the process there are 1.6 s: to take what is readable, to hand it to the sink, and to end
 * the stream and the connections.
 */
const stopMs = { drain: 600, release: 300, close: 450 } as const

/** Runs an input `kinloader_syslog`: its ports into splunkd's pipe, until the signal aborts. */
export async function streamSyslog(
  definition: InputDefinition,
  context: ModularInputContext,
  { onExit }: Pick<ProgramHost, 'onExit'>,
): Promise<void> {
  const { signal, clock, environment, stdout } = context
  const [stanza] = definition.stanzas
  if (stanza === undefined) return
  const settings = readSyslogSettings(stanza.params, environment['SPLUNK_HOME'])
  const logger = redacting(context.logger, [definition.sessionKey])
  const output = new Counters()
  const events = new MessageEvents({ ...settings, counters: output })
  const { source, failures } = await openSockets(settings, {
    clock,
    logger,
    stop: signal,
    limits: { drainMs: stopMs.drain, releaseMs: stopMs.release },
  })
  // A process which just ends says farewell with a FIN, and that would be a receipt.
  onExit(() => {
    source.reset()
  })
  await bindPatiently({ source, failures, clock, logger }, signal)
  const { index } = settings.stanza
  const fallback = { index, host: undefined, source: undefined, sourcetype: undefined }
  const sink = new SplunkPipeSink({
    output: stdout,
    encoder: splunkEncoder({ fallback, override: settings.override }, output),
    clock,
    counters: output,
    holdBackMs: settings.holdBackMs,
  })
  const longEvents = new LongEventWarning(output, logger)
  const report = reportListeners(
    {
      clock,
      logger,
      intervalMs: settings.metricsIntervalMs,
      listeners: () => source.listeners(),
      kernelDrops: () => source.kernelDrops(),
      totals: () => ({
        connections: source.openConnections,
        pending_bytes: source.pendingBytes,
        held_back_ms: Math.round(sink.heldBackMs),
        ...output.snapshot(),
      }),
    },
    signal,
  )
  const end = new AbortController()
  void untilAborted(signal)
    .then(() => clock.sleep(stopMs.drain + stopMs.release))
    .then(() => {
      end.abort()
    })
  await pump({
    source: withReceiptsUntil(signal, source),
    sink,
    decode: events.decode,
    clock,
    signal: end.signal,
    closeMs: stopMs.close,
    // What the drain has brought cannot become safe in time.
    flushMs: 0,
    accepted: (lane) => {
      longEvents.look({ lane })
    },
  })
  await report
}

/**
 * Nothing is acked after the stop: splunkd loses what it gets while it stops itself, and some of what came shortly
 * before. Senders whose end has no answer yet are reset, so they know that theirs is in doubt.
 */
function withReceiptsUntil(stop: AbortSignal, source: Source<MessageBlock>): Source<MessageBlock> {
  return {
    name: source.name,
    async *read(signal): AsyncGenerator<Delivery<MessageBlock>> {
      for await (const delivery of source.read(signal)) {
        const { ack } = delivery
        yield {
          ...delivery,
          ack: () => {
            if (!stop.aborted) ack()
          },
        }
      }
    },
    close: (deadline) => source.close(deadline),
    status: () => source.status(),
  }
}
