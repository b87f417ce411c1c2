import type { FirehoseClient } from '@aws-sdk/client-firehose'
import type { STSClient } from '@aws-sdk/client-sts'
import { createStsClient } from '../../../clients/account.ts'
import { awsCredentials, awsRequestHandler } from '../../../clients/aws.ts'
import { createFirehoseClient } from '../../../clients/firehose.ts'
import { KinloaderError } from '../../../core/errors.ts'
import { proxyFor } from '../../aws-connection.ts'

export interface FirehoseAddress {
  readonly region: string | undefined
  readonly profile: string | undefined
  /** Of Firehose and STS both. */
  readonly endpoint: string | undefined
}

export interface FirehoseConnection {
  readonly firehose: FirehoseClient
  readonly sts: STSClient
  readonly region: string
}

/**
 * Credentials as the AWS CLI finds them; the region as it is said, or of the environment, the profile, or the EC2
 * instance, in this order. Throws `NO_REGION`.
 */
export async function connectFirehose(
  { region: said, profile, endpoint }: FirehoseAddress,
  environment: Readonly<Record<string, string | undefined>>,
  instanceRegion: () => Promise<string | undefined>,
): Promise<FirehoseConnection> {
  const requestHandler = awsRequestHandler({
    proxy: proxyFor(endpoint, environment),
    endpoint,
    requestTimeoutMs: 60_000,
  })
  const ofEnvironment = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION']
  const asked = said ?? (ofEnvironment === '' ? undefined : ofEnvironment)
  const credentials = awsCredentials({ role: undefined, profile, region: asked, environment, requestHandler })
  const ofFiles = createFirehoseClient({ region: undefined, profile, credentials, requestHandler }).config.region
  const region = asked ?? (await ofFiles().catch(() => undefined)) ?? (await instanceRegion())
  if (region === undefined) {
    throw new KinloaderError('NO_REGION', 'No AWS region is known: give --region, or set AWS_REGION.')
  }
  const options = { region, endpoint, credentials, requestHandler }
  return { firehose: createFirehoseClient(options), sts: createStsClient(options), region }
}
