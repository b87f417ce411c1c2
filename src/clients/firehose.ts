import { FirehoseClient } from '@aws-sdk/client-firehose'
import type { HttpHandlerUserInput } from '@smithy/core/protocols'
import type { AwsCredentialIdentityProvider } from '@smithy/types'
import { FastFirehoseProtocol } from './firehose-protocol.ts'

export interface FirehoseClientOptions {
  /** Undefined: as the SDK finds it, in the environment or the profile. */
  readonly region: string | undefined
  /** Whose region it is when none is given. */
  readonly profile?: string | undefined
  readonly endpoint?: string | undefined
  readonly credentials: AwsCredentialIdentityProvider
  readonly requestHandler: HttpHandlerUserInput
}

/**
 * One attempt a call: the SDK's retries sleep without our clock, and would put all records again for one which failed.
 */
export function createFirehoseClient(options: FirehoseClientOptions): FirehoseClient {
  const { region, profile, endpoint, credentials, requestHandler } = options
  return new FirehoseClient({
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    credentials,
    requestHandler,
    maxAttempts: 1,
    protocol: FastFirehoseProtocol,
    ...(endpoint !== undefined && { endpoint }),
  })
}
