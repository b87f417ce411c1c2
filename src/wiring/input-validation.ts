import { kinesisAdvice } from '../clients/kinesis-advice.ts'
import { kinesisFault } from '../clients/kinesis-errors.ts'
import type { KinesisStream } from '../clients/kinesis-stream.ts'
import type { CheckableStore } from '../checkpoints/checkable.ts'
import { KinloaderError } from '../core/errors.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import type { ValidationDefinition } from '../splunk/validation-definition.ts'
import { openCheckpoints } from './checkpoint-store.ts'
import { awsKey } from './aws-key.ts'
import { readSettings, type KinloaderSettings } from './inputs/kinloader-settings.ts'
import { connectKinesis } from './kinesis-connection.ts'
import { refuseRivals } from './rival-inputs.ts'
import { sentence } from './sentence.ts'
import { connectSplunkd } from './splunkd-connection.ts'

/** For one request: the whole validation has 9 s, and several come one after the other. */
const requestTimeoutMs = 4000
/** For a store which is just starting: in the life of an input it gets minutes. */
const patienceMs = 4000

/**
 * Checks an input's settings before Splunk saves them: that the stream is there and may be read, that the checkpoint
 * store takes checkpoints, and that no other input does the same work. Reads no data and changes nothing. Rejects with
 * the first thing found wrong, once everything under way has ended.
 */
export async function validateInput(definition: ValidationDefinition, context: ModularInputContext): Promise<void> {
  const { environment, clock, logger } = context
  const surroundings = { serverHost: definition.serverHost, environment }
  const settings = readSettings(definition.params, surroundings)
  if (settings.initialPosition.kind === 'time' && settings.initialPosition.timeMs > clock.now()) {
    throw new KinloaderError(
      'BAD_SETTING',
      'initial_position lies in the future: give a time which has passed, or latest.',
    )
  }
  const splunkd = connectSplunkd(definition, environment, { timeoutMs: requestTimeoutMs })
  const failed = new AbortController()
  const signal = AbortSignal.any([context.signal, failed.signal])
  let store: CheckableStore | undefined
  try {
    const key = await awsKey(settings, splunkd, definition.name, signal)
    const connection = connectKinesis({ settings, key, environment, requestTimeoutMs })
    store = await openCheckpoints({ settings, definition, connection, splunkd, clock, logger, patienceMs })
    const checks = [
      refuseRivals({ splunkd, name: definition.name, settings, surroundings, signal }),
      checkStream(connection.stream, settings, signal),
      store.check(signal),
    ]
    await allOf(checks, failed)
  } finally {
    // Only now: the store may share its connections with the other checks.
    await store?.close()
    await splunkd.close()
  }
}

/** Waits for all; the first which fails ends the others. */
async function allOf(checks: readonly Promise<void>[], failed: AbortController): Promise<void> {
  const failures: unknown[] = []
  const noted = checks.map((check) =>
    check.catch((error: unknown) => {
      failures.push(error)
      failed.abort()
    }),
  )
  await Promise.all(noted)
  if (failures.length > 0) throw failures[0]
}

async function checkStream(stream: KinesisStream, settings: KinloaderSettings, signal: AbortSignal): Promise<void> {
  const where = `${settings.stream.name} in ${settings.region}`
  try {
    const { status } = await stream.describe(signal)
    if (status === 'CREATING' || status === 'DELETING') {
      throw new KinloaderError(
        'STREAM_UNUSABLE',
        `The stream ${where} is ${status}: save this input again when the stream is ACTIVE, or name another one.`,
      )
    }
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
