import { Agent, request } from 'node:http'
import { isAborted } from '../core/aborting.ts'
import type { Clock } from '../core/clock.ts'
import { errorText, KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

export interface InstanceRegionOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** The process's environment: `AWS_EC2_METADATA_DISABLED`, `…_SERVICE_ENDPOINT` and `…_SERVICE_ENDPOINT_MODE` count. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** For each of the two requests, milliseconds. Default 1,000: elsewhere than on EC2 nobody answers. */
  readonly timeoutMs?: number
}

/** A document is some 500 bytes. */
const maxAnswerBytes = 65_536

/**
 * The region of the EC2 instance this is, or undefined when it is none or does not tell. Never rejects; why not is
 * logged for those who debug.
 *
 * IMDSv2: a token by PUT, then the document with it. Instances which allow nothing else answer 401 without a token.
 *
 *     PUT /latest/api/token                                 X-aws-ec2-metadata-token-ttl-seconds: 60
 *     GET /latest/dynamic/instance-identity/document        X-aws-ec2-metadata-token: AQAAA…
 *     {"accountId":"123456789012","region":"eu-central-1",…}
 */
export async function instanceRegion(options: InstanceRegionOptions): Promise<string | undefined> {
  const { environment, logger, signal } = options
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined
  // An agent of our own knows no proxy, whatever the environment says: a proxy would tell its own instance's region.
  const agent = new Agent()
  try {
    const endpoint = metadataEndpoint(environment)
    const token = await ask(options, agent, {
      url: new URL('/latest/api/token', endpoint),
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
    })
    const document: unknown = JSON.parse(
      await ask(options, agent, {
        url: new URL('/latest/dynamic/instance-identity/document', endpoint),
        method: 'GET',
        headers: { 'X-aws-ec2-metadata-token': token.trim() },
      }),
    )
    const region = typeof document === 'object' && document !== null && 'region' in document && document.region
    if (typeof region === 'string' && /^[a-z0-9-]{1,40}$/.test(region)) return region
    throw new KinloaderError('BAD_ANSWER', 'The identity document names no region.')
  } catch (error) {
    if (!isAborted(signal)) logger.debug('instance-region', { error: errorText(error) })
    return undefined
  } finally {
    agent.destroy()
  }
}

function metadataEndpoint(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT']
  if (given !== undefined && given !== '') return given
  const isIpv6 = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6'
  return isIpv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
}

interface MetadataRequest {
  readonly url: URL
  readonly method: 'PUT' | 'GET'
  readonly headers: Readonly<Record<string, string>>
}

async function ask(
  { clock, signal, timeoutMs = 1000 }: InstanceRegionOptions,
  agent: Agent,
  { url, method, headers }: MetadataRequest,
): Promise<string> {
  const done = new AbortController()
  const late = new AbortController()
  void clock.sleep(timeoutMs, AbortSignal.any([signal, done.signal])).then(() => {
    late.abort()
  })
  try {
    return await answerTo(url, { agent, method, headers, signal: late.signal })
  } finally {
    done.abort()
  }
}

function answerTo(url: URL, options: Parameters<typeof request>[1]): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request(url, options, (answer) => {
      const chunks: Buffer[] = []
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxAnswerBytes) asking.destroy(new KinloaderError('BAD_ANSWER', 'The answer is too long.'))
        else chunks.push(chunk)
      })
      answer.once('error', reject)
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString())
        else reject(new KinloaderError('BAD_ANSWER', `The metadata service answers ${answer.statusCode ?? 0}.`))
      })
    })
    asking.once('error', reject)
    asking.end()
  })
}
