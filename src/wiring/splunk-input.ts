import { randomUUID } from 'node:crypto'
import { redacting } from '../host/stderr-logger.ts'
import { Counters } from '../core/metrics.ts'
import { pump } from '../core/pump.ts'
import { SplunkPipeSink } from '../sinks/splunk-pipe/sink.ts'
import { KinesisSource } from '../sources/kinesis/source.ts'
import type { InputDefinition } from '../splunk/input-definition.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import { awsKey, hideSecret } from './aws-key.ts'
import { openCheckpoints } from './checkpoint-store.ts'
import { readSettings } from './inputs/kinloader-settings.ts'
import { connectKinesis } from './kinesis-connection.ts'
import { kinlogImport } from './kinlog-import.ts'
import { OutputWatch } from './output-watch.ts'
import { RecordEvents } from './record-events.ts'
import { reportShards } from './shard-report.ts'
import { recordDecoder, splunkEncoder } from './splunk-events.ts'
import { connectSplunkd } from './splunkd-connection.ts'

/** Runs the input `kinloader`: a Kinesis stream into splunkd's pipe, until the signal aborts. */
export async function streamInput(definition: InputDefinition, context: ModularInputContext): Promise<void> {
  const { signal, clock, environment, stdout } = context
  const [stanza] = definition.stanzas
  if (stanza === undefined) return
  const settings = readSettings(stanza.params, { serverHost: definition.serverHost, environment })
  const splunkd = connectSplunkd(definition, environment)
  const name = stanza.name.replace(/^.*:\/\//, '')
  const key = await awsKey(settings, splunkd, name, signal)
  const logger = redacting(context.logger, [definition.sessionKey, key?.secretAccessKey ?? ''])
  await hideSecret(settings, splunkd, { name, app: stanza.app }, logger, signal)
  const connection = connectKinesis({ settings, key, environment })
  const store = await openCheckpoints({ settings, definition, connection, splunkd, clock, logger })
  const source = new KinesisSource({
    stream: connection.stream,
    streamName: settings.stream.name,
    store,
    clock,
    logger,
    initialPosition: settings.initialPosition,
    importCheckpoints: kinlogImport(settings, connection, splunkd, signal),
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
  const events = new RecordEvents(recordDecoder(settings), logger)
  const watch = new OutputWatch(output, events, logger)
  const report = reportShards(
    {
      clock,
      logger,
      intervalMs: settings.metricsIntervalMs,
      stream: settings.stream.name,
      status: () => source.status(),
      events,
      totals: () => ({
        ...output.snapshot(),
        held_back_ms: Math.round(sink.heldBackMs),
        checkpoint_age_ms: source.checkpointAgeMs,
      }),
    },
    signal,
  )
  await pump({ source, sink, decode: events.decode, clock, signal, accepted: watch.accepted })
  await report
}
