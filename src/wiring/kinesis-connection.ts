import { awsCredentials, awsRequestHandler, createKinesisClient } from '../clients/aws.ts'
import { KinesisStream } from '../clients/kinesis-stream.ts'
import type { AwsCredentialIdentityProvider } from '@smithy/types'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'

/** An AWS key in clear. */
export interface AwsKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface KinesisConnectionOptions {
  readonly settings: KinloaderSettings
  /** The key to use instead of what the SDK finds by itself. */
  readonly key: AwsKey | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Default 30,000. Where it is given somebody waits, so nothing is tried twice. */
  readonly requestTimeoutMs?: number
}

/** What an input speaks to AWS with. */
export interface AwsConnection {
  readonly stream: KinesisStream
  readonly credentials: AwsCredentialIdentityProvider
  readonly requestHandler: NodeHttpHandler
}

export function connectKinesis(options: KinesisConnectionOptions): AwsConnection {
  const { settings, key, environment, requestTimeoutMs } = options
  const { region, aws } = settings
  // One each: whether the proxy is used depends on where an endpoint is.
  const handlerFor = (endpoint: string | undefined): NodeHttpHandler =>
    awsRequestHandler({
      proxy: aws.proxy,
      endpoint,
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    })
  const requestHandler = handlerFor(settings.endpoint)
  const credentials = awsCredentials({
    key,
    role:
      aws.roleArn === undefined
        ? undefined
        : { arn: aws.roleArn, externalId: aws.externalId, sessionName: aws.roleSessionName },
    region,
    stsEndpoint: settings.stsEndpoint,
    environment,
    requestHandler: handlerFor(settings.stsEndpoint),
    ...(requestTimeoutMs !== undefined && { maxAttempts: 1 }),
  })
  const client = createKinesisClient({ region, endpoint: settings.endpoint, credentials, requestHandler })
  return { stream: new KinesisStream(client, settings.stream), credentials, requestHandler }
}
