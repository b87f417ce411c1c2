import { kinesisAdvice } from '../clients/kinesis-advice.ts'
import { kinesisFault } from '../clients/kinesis-errors.ts'
import type { KinesisStream } from '../clients/kinesis-stream.ts'
import { KinloaderError } from '../core/errors.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import type { ValidationDefinition } from '../splunk/validation-definition.ts'
import { openCheckpoints } from './checkpoint-store.ts'
import { awsKey } from './aws-key.ts'
import { readSettings, type KinloaderSettings } from './inputs/kinloader-settings.ts'
import { connectKinesis } from './kinesis-connection.ts'
import { refuseRivals } from './rival-inputs.ts'
import { connectSplunkd } from './splunkd-connection.ts'

/** For one request: the whole validation has 10 s, and several come one after the other. */
const requestTimeoutMs = 4000

/**
 * Checks an input's settings before Splunk saves them: that the stream is there and may be read, that the checkpoint
 * store takes checkpoints, and that no other input does the same work. Reads no data and changes nothing.
 */
export async function validateInput(definition: ValidationDefinition, context: ModularInputContext): Promise<void> {
  const { environment, signal, clock, logger } = context
  const settings = readSettings(definition.params, { serverHost: definition.serverHost, environment })
  if (settings.initialPosition.kind === 'time' && settings.initialPosition.timeMs > clock.now()) {
    throw new KinloaderError(
      'BAD_SETTING',
      'initial_position lies in the future: give a time which has passed, or latest.',
    )
  }
  const splunkd = connectSplunkd(definition, environment)
  try {
    const key = await awsKey(settings, splunkd, definition.name, signal)
    const connection = connectKinesis({ settings, key, environment, requestTimeoutMs })
    await Promise.all([
      checkStream(connection.stream, settings, signal),
      refuseRivals(splunkd, definition.name, settings, signal),
      checkStore(),
    ])

    async function checkStore(): Promise<void> {
      const store = await openCheckpoints({ settings, definition, connection, splunkd, clock, logger })
      await store.check(signal)
      await store.close()
    }
  } finally {
    await splunkd.close()
  }
}

async function checkStream(stream: KinesisStream, settings: KinloaderSettings, signal: AbortSignal): Promise<void> {
  const where = `${settings.stream.name} in ${settings.region}`
  try {
    await stream.describe(signal)
    const [shard] = await stream.shards({ Type: 'AT_LATEST' }, signal)
    if (shard?.ShardId !== undefined) await stream.checkRead(shard.ShardId, signal)
  } catch (error) {
    if (error instanceof KinloaderError) throw error
    const fault = kinesisFault(error)
    // Somebody else reads a lot just now: no reason to refuse the settings.
    if (fault === 'throttled') return
    throw new KinloaderError('STREAM_UNUSABLE', sentence(kinesisAdvice(fault, error, where)), { cause: error })
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
