import { dumpLine } from '../../../codecs/dump-line-encoding.ts'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import { Counters } from '../../../core/metrics.ts'
import { pump } from '../../../core/pump.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { FileSink } from '../../../sinks/file/sink.ts'
import { StreamOutlet } from '../../../sinks/file/stream-outlet.ts'
import type { KinesisRecord } from '../../../sources/kinesis/record.ts'
import { openKinesisReader } from '../../kinesis-reader.ts'
import { definition, readDumpSettings } from './settings.ts'

export const dumpstreamCommand: RunnableCommand = { definition, run }

async function run(values: CommandValues, host: ProgramHost): Promise<number> {
  const { clock, signal } = host
  const settings = readDumpSettings(values, clock.now())
  const { aws, format, maxCallsPerSecond, initialPosition, untilNow, giveUpMs } = settings
  const reader = await opened(
    openKinesisReader({
      stream: aws.stream.arn ?? aws.stream.name,
      region: aws.region,
      endpoint: aws.endpoint,
      initialPosition,
      maxCallsPerSecond,
      untilNow,
      giveUpMs,
      signal,
      logger: host.logger,
      clock,
    }),
  )
  const counters = new Counters()
  const sink = new FileSink({
    outlet: new StreamOutlet(host.stdout, 'standard output'),
    clock,
    counters,
    syncIntervalMs: 0,
  })
  const decode = format === 'json' ? (record: KinesisRecord) => [dumpLine(record)] : ({ data }: KinesisRecord) => [data]
  await pump({ source: reader, sink, decode, clock, signal, settleMs: 5000, chunkItems: 10_000 })
  if (sink.failure !== undefined && errorCode(sink.failure) !== 'EPIPE') throw sink.failure
  return exitCodes.done
}

async function opened<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (error) {
    if (errorCode(error) === 'ABORTED') throw error
    throw new KinloaderError(errorCode(error), `Failed to open reader: ${errorText(error)}`, { cause: error })
  }
}
