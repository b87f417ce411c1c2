import { randomUUID } from 'node:crypto'
import type { Decoder } from '../core/codec.ts'
import type { LogEvent } from '../core/event.ts'
import type { Logger } from '../core/logger.ts'
import { Counters } from '../core/metrics.ts'
import { pump } from '../core/pump.ts'
import { logRecordDecoder } from '../codecs/log-record.ts'
import { SplunkXmlEncoder, type EventOrigin } from '../codecs/splunk-xml.ts'
import { SplunkPipeSink } from '../sinks/splunk-pipe/sink.ts'
import { KinesisSource } from '../sources/kinesis/source.ts'
import type { InputDefinition } from '../splunk/input-definition.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import { awsKey } from './aws-key.ts'
import { openCheckpoints } from './checkpoint-store.ts'
import { readSettings, type EventMetadata, type KinloaderSettings } from './inputs/kinloader-settings.ts'
import { connectKinesis } from './kinesis-connection.ts'
import { RecordEvents } from './record-events.ts'
import { reportShards } from './shard-report.ts'
import { connectSplunkd } from './splunkd-connection.ts'

/** Runs the input `kinloader`: a Kinesis stream into splunkd's pipe, until the signal aborts. */
export async function streamInput(definition: InputDefinition, context: ModularInputContext): Promise<void> {
  const { signal, clock, logger, environment, stdout } = context
  const [stanza] = definition.stanzas
  if (stanza === undefined) return
  const settings = readSettings(stanza.params, { serverHost: definition.serverHost, environment })
  const splunkd = connectSplunkd(definition, environment)
  const key = await awsKey(settings, splunkd, signal)
  const connection = connectKinesis({ settings, key, environment })
  const store = await openCheckpoints({ settings, definition, connection, splunkd, context })
  const source = new KinesisSource({
    stream: connection.stream,
    streamName: settings.stream.name,
    store,
    clock,
    logger,
    initialPosition: settings.initialPosition,
    checkpointIntervalMs: settings.checkpointIntervalMs,
    heldBackBy: 'Splunk',
    readerId: `${definition.serverHost} ${stanza.name} ${randomUUID().slice(0, 8)}`,
  })
  const output = new Counters()
  const sink = new SplunkPipeSink({
    output: stdout,
    encoder: splunkEncoder(settings, output),
    clock,
    counters: output,
    holdBackMs: settings.holdBackMs,
  })
  const events = new RecordEvents(decoderOf(settings), logger)
  const watch = new OutputWatch(output, events, logger)
  const report = reportShards(
    {
      clock,
      logger,
      intervalMs: settings.metricsIntervalMs,
      status: () => source.status(),
      events,
      totals: () => ({ ...output.snapshot(), checkpoint_age_ms: rounded(source.checkpointAgeMs) }),
    },
    signal,
  )
  await pump({ source, sink, decode: events.decode, clock, signal, accepted: watch.accepted })
  await report
}

/** Books what the encoder counted to the shard whose events it has just encoded, and warns once of cut events. */
class OutputWatch {
  readonly #output: Counters
  readonly #events: RecordEvents
  readonly #logger: Logger
  #replaced = 0
  #warned = false

  constructor(output: Counters, events: RecordEvents, logger: Logger) {
    this.#output = output
    this.#events = events
    this.#logger = logger
  }

  readonly accepted = (shardId: string): void => {
    const replaced = this.#output.get('replaced_characters')
    if (replaced > this.#replaced) this.#events.counters(shardId).add('replaced_characters', replaced - this.#replaced)
    this.#replaced = replaced
    if (this.#warned || this.#output.get('long_events') === 0) return
    this.#warned = true
    this.#logger.warn('long_event', {
      shard: shardId,
      effect:
        'Splunk cuts events of this sourcetype after 10,000 bytes; set TRUNCATE for it in props.conf, as README says',
    })
  }
}

function splunkEncoder(settings: KinloaderSettings, counters: Counters): SplunkXmlEncoder {
  return new SplunkXmlEncoder({
    counters,
    fallback: definedOf(settings.fallback),
    override: definedOf(settings.override),
  })
}

function decoderOf(settings: KinloaderSettings): Decoder<LogEvent> {
  switch (settings.recordFormat) {
    case 'auto':
    case 'log-record':
    case 'text':
    case 'json':
      return logRecordDecoder
  }
}

function definedOf(metadata: EventMetadata): EventOrigin {
  const { host, source, sourcetype, index } = metadata
  return {
    ...(host !== undefined && { host }),
    ...(source !== undefined && { source }),
    ...(sourcetype !== undefined && { sourcetype }),
    ...(index !== undefined && { index }),
  }
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value)
}
