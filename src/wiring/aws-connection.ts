import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { awsCredentials, awsRequestHandler, createKinesisClient } from '../clients/aws.ts'
import { KinloaderError } from '../core/errors.ts'

/** A stream, and where it is as far as its user has said. */
export interface StreamAddress {
  readonly stream: { readonly name: string; readonly arn: string | undefined }
  readonly region: string | undefined
  readonly endpoint: string | undefined
}

/**
 * Connects as the AWS CLI would: credentials and region from environment, profile, container or machine, through the
 * proxy of `HTTPS_PROXY`. Throws `NO_REGION` when nothing names a region. Sends nothing.
 */
export async function connectAsCli(
  { region, endpoint }: Pick<StreamAddress, 'region' | 'endpoint'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KinesisClient> {
  const requestHandler = awsRequestHandler({ proxy: proxyFor(endpoint, environment), endpoint })
  const credentials = awsCredentials({ role: undefined, region, environment, requestHandler })
  const client = createKinesisClient({ region, endpoint, credentials, requestHandler })
  try {
    await client.config.region()
  } catch (cause) {
    throw new KinloaderError(
      'NO_REGION',
      'No AWS region is known: give --region, set AWS_REGION, or name the stream by its ARN.',
      { cause },
    )
  }
  return client
}

/** `NO_PROXY` lists hosts and domains which are reached directly; `*` is all. */
export function proxyFor(
  endpoint: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const host = endpoint === undefined ? 'amazonaws.com' : new URL(endpoint).hostname
  const excepted = (environment['NO_PROXY'] ?? environment['no_proxy'] ?? '').split(',').map((entry) => entry.trim())
  const isExcepted = excepted.some(
    (entry) => entry === '*' || (entry !== '' && `.${host}`.endsWith(`.${entry.replace(/^\./, '')}`)),
  )
  const proxy =
    environment['HTTPS_PROXY'] ?? environment['https_proxy'] ?? environment['ALL_PROXY'] ?? environment['all_proxy']
  return isExcepted || proxy === '' ? undefined : proxy
}
