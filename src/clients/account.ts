import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { isAborted, orAborted } from '../core/aborting.ts'
import type { Clock } from '../core/clock.ts'
import { KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Counters } from '../core/metrics.ts'
import { awsMessage } from './aws-message.ts'
import type { FirehoseClientOptions } from './firehose.ts'

/** One attempt a call; whoever asks asks again. */
export function createStsClient({ region, endpoint, credentials, requestHandler }: FirehoseClientOptions): STSClient {
  return new STSClient({
    ...(region !== undefined && { region }),
    credentials,
    requestHandler,
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint }),
  })
}

/** The AWS account the credentials belong to, 12 digits. Needs no permission. Rejects when it cannot be told. */
export async function readAccount(client: STSClient, signal?: AbortSignal): Promise<string> {
  const { Account } = await client.send(
    new GetCallerIdentityCommand({}),
    signal === undefined ? {} : { abortSignal: signal },
  )
  if (Account === undefined || !/^\d{12}$/.test(Account)) {
    throw new KinloaderError('BAD_ANSWER', 'STS names no account: see that no proxy changes its answers.', {
      retryable: true,
    })
  }
  return Account
}

export interface OwnerOptions {
  /** Given by the user: nobody is asked. */
  readonly explicit?: string | undefined
  readonly read: (signal: AbortSignal) => Promise<string>
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  /** Between two attempts. Default 60,000. */
  readonly retryMs?: number
}

/** What stands for the owner while nobody knows it. */
const unknownOwner = '000000000000'

/**
 * Whose records they are. Until AWS has told, which is tried each minute, they are nobody's, `000000000000`; that is
 * warned of once and counted as `owner_lookup_failed`.
 */
export class Owner {
  readonly #options: OwnerOptions
  #known: string | undefined
  #warned = false

  constructor(options: OwnerOptions) {
    this.#options = options
    this.#known = options.explicit
  }

  /** For records made from now on. */
  current(): string {
    return this.#known ?? unknownOwner
  }

  get isKnown(): boolean {
    return this.#known !== undefined
  }

  /** Asks once, if need be. Never rejects; whether it is known now. */
  async lookUp(signal: AbortSignal): Promise<boolean> {
    const { read, logger, counters } = this.#options
    if (this.#known !== undefined) return true
    try {
      this.#known = await orAborted(read(signal), signal)
      if (this.#warned) logger.info('owner', { owner: this.#known, state: 'known now' })
      return true
    } catch (error) {
      if (isAborted(signal)) return false
      counters.add('owner_lookup_failed')
      if (!this.#warned) {
        logger.warn('owner', {
          error: awsMessage(error),
          effect: `records bear the owner ${unknownOwner} until STS answers GetCallerIdentity; --owner sets it`,
        })
      }
      this.#warned = true
      return false
    }
  }

  /** Asks until it is known or the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, retryMs = 60_000 } = this.#options
    while (!isAborted(signal) && !(await this.lookUp(signal))) await clock.sleep(retryMs, signal)
  }
}
