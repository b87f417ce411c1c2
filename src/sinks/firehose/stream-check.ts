import {
  type DeliveryStreamDescription,
  DescribeDeliveryStreamCommand,
  type FirehoseClient,
} from '@aws-sdk/client-firehose'
import { firehoseAdvice, firehoseFault } from '../../clients/firehose-errors.ts'
import { isAborted } from '../../core/aborting.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'

export interface StreamCheckOptions {
  readonly client: FirehoseClient
  readonly stream: string
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Looks at the delivery stream once, before the start.
 *
 * Rejects only when it is certain that nothing can be delivered: `NO_STREAM`, `STREAM_DELETING`, `STREAM_FAILED`,
 * `BAD_CREDENTIALS`. Whatever is unclear is warned of, because a receiver which stays down loses what comes by UDP.
 */
export async function checkStream({ client, stream, logger, signal }: StreamCheckOptions): Promise<void> {
  const warn = (error: string): void => {
    logger.warn('stream', { stream, error, effect: 'starting all the same; records wait in the spool' })
  }
  const describe = async (): Promise<DeliveryStreamDescription | undefined> => {
    const command = new DescribeDeliveryStreamCommand({ DeliveryStreamName: stream, Limit: 1 })
    return (await client.send(command, { abortSignal: signal })).DeliveryStreamDescription
  }
  let description
  try {
    description = await describe().catch((error: unknown) => {
      if (isAborted(signal) || firehoseFault(error) !== 'credentials') throw error
      // This machine's clock may be wrong, as at the start before NTP: the SDK has it from the refusal and signs anew.
      return describe()
    })
  } catch (error) {
    if (isAborted(signal)) return
    const fault = firehoseFault(error)
    const advice = firehoseAdvice(fault, error, stream)
    if (fault === 'no_stream') throw new KinloaderError('NO_STREAM', sentence(advice), { cause: error })
    if (fault === 'credentials') throw new KinloaderError('BAD_CREDENTIALS', sentence(advice), { cause: error })
    warn(fault === 'denied' ? `firehose:DescribeDeliveryStream is not allowed, so nobody knows; ${advice}` : advice)
    return
  }
  const { DeliveryStreamStatus: status, DeliveryStreamType: type } = description ?? {}
  switch (status) {
    case 'DELETING':
      throw new KinloaderError('STREAM_DELETING', `Stream ${stream} is being deleted: create it anew, or name another.`)
    case 'CREATING_FAILED':
      throw new KinloaderError(
        'STREAM_FAILED',
        `The creation of stream ${stream} failed: delete it and create it anew.`,
      )
    case 'CREATING':
      warn(`stream ${stream} is still being created; wait for it`)
      break
    case 'ACTIVE':
      if (type === undefined || type === 'DirectPut') break
      warn(`stream ${stream} is fed by ${type}; choose one whose source is Direct PUT`)
      break
    case 'DELETING_FAILED':
    case undefined:
      warn(`stream ${stream} is in state ${status ?? 'unknown'}; look at it in the AWS console`)
  }
}

function sentence(advice: string): string {
  return `${advice.slice(0, 1).toUpperCase()}${advice.slice(1)}.`
}
