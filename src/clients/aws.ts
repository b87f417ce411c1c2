import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { HttpHandlerUserInput } from '@smithy/core/protocols'
import type { AwsCredentialIdentityProvider } from '@smithy/types'
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent'
import { FastKinesisProtocol } from './kinesis-protocol.ts'

export interface RequestHandlerOptions {
  /** URL of an HTTP proxy; may hold a password. Loopback endpoints are never proxied. */
  readonly proxy?: string | undefined
  /** The custom endpoint the handler will talk to, if any. */
  readonly endpoint?: string | undefined
  /** Default 3,000. */
  readonly connectionTimeoutMs?: number
  /** Until an answer is complete. Default 30,000; the SDK has none. */
  readonly requestTimeoutMs?: number
}

/**
 * Kept HTTP/1.1 connections. The SDK's default for Kinesis opens a TLS connection for every request, and speaks
 * cleartext HTTP/2 to http endpoints, which no stand-in understands.
 */
export function awsRequestHandler(options: RequestHandlerOptions = {}): NodeHttpHandler {
  const { proxy, endpoint, connectionTimeoutMs = 3000, requestTimeoutMs = 30_000 } = options
  // A shard each, and more than the SDK's 50: reading many shards must not queue behind sockets.
  const agent = { keepAlive: true, maxSockets: 256 }
  const direct = proxy === undefined || isLoopback(endpoint)
  return new NodeHttpHandler({
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
    httpAgent: direct ? new HttpAgent(agent) : new HttpProxyAgent({ ...agent, proxy }),
    httpsAgent: direct ? new HttpsAgent(agent) : new HttpsProxyAgent({ ...agent, proxy }),
  })
}

export interface CredentialOptions {
  /** A key given in the settings; otherwise the environment, files, container or EC2, as the SDK finds them. */
  readonly key?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
  readonly role?:
    | { readonly arn: string; readonly externalId: string | undefined; readonly sessionName: string }
    | undefined
  /** Of the AWS CLI's files, instead of what the environment says. */
  readonly profile?: string | undefined
  /** Of the service which gives the role. */
  readonly region: string | undefined
  readonly stsEndpoint?: string | undefined
  /** The process's environment. `AWS_SECRET_KEY_ID` is taken for the secret as kinlog did, where the SDK's own name is missing. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly requestHandler: NodeHttpHandler
  /** How often it is tried to assume the role before that fails. Default 3. */
  readonly maxAttempts?: number
}

export function awsCredentials(options: CredentialOptions): AwsCredentialIdentityProvider {
  const { role, region, stsEndpoint, requestHandler, maxAttempts = 3 } = options
  const base = baseCredentials(options)
  if (role === undefined) return base
  return fromTemporaryCredentials({
    masterCredentials: base,
    params: {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName,
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
    },
    clientConfig: {
      requestHandler,
      maxAttempts,
      ...(region !== undefined && { region }),
      ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
    },
  })
}

export interface KinesisClientOptions {
  /** Undefined: as the SDK finds it, in the environment or the profile. */
  readonly region: string | undefined
  readonly endpoint?: string | undefined
  readonly credentials: AwsCredentialIdentityProvider
  readonly requestHandler: HttpHandlerUserInput
}

/**
 * One attempt a call: the SDK's retries sleep without our clock, share one budget over all shards, and know nothing
 * of iterators. The reader retries itself.
 */
export function createKinesisClient(options: KinesisClientOptions): KinesisClient {
  const { region, endpoint, credentials, requestHandler } = options
  const client = new KinesisClient({
    ...(region !== undefined && { region }),
    credentials,
    requestHandler,
    maxAttempts: 1,
    protocol: FastKinesisProtocol,
    ...(endpoint !== undefined && { endpoint }),
  })
  // Nobody logs, and for a log which is not written it goes through each answer, and decodes all data of it twice.
  client.middlewareStack.remove('loggerMiddleware')
  return client
}

function baseCredentials({ key, profile, environment }: CredentialOptions): AwsCredentialIdentityProvider {
  if (key !== undefined) return () => Promise.resolve(key)
  if (profile !== undefined) return fromNodeProviderChain({ profile })
  const accessKeyId = environment['AWS_ACCESS_KEY_ID']
  const legacySecret = environment['AWS_SECRET_KEY_ID']
  if (accessKeyId !== undefined && environment['AWS_SECRET_ACCESS_KEY'] === undefined && legacySecret !== undefined) {
    const sessionToken = environment['AWS_SESSION_TOKEN']
    const identity = { accessKeyId, secretAccessKey: legacySecret, ...(sessionToken !== undefined && { sessionToken }) }
    return () => Promise.resolve(identity)
  }
  return fromNodeProviderChain()
}

function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false
  const { hostname } = new URL(endpoint)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
