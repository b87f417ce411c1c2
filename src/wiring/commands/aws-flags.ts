import type { CommandFlag, CommandValues } from '../../host/command-line.ts'
import type { StreamAddress } from '../aws-connection.ts'
import { parsePattern, parseUrl } from '../inputs/setting-values.ts'
import { parseStream } from '../inputs/stream-reference.ts'
import { parsedFlag } from './parsed-flag.ts'

/** The flags of every command which speaks to Kinesis. */
export const awsFlags: readonly CommandFlag[] = [
  {
    name: 'stream-name',
    value: 'NAME',
    environment: ['LOG_KINESIS_STREAM'],
    required: true,
    description: 'name or ARN of the Kinesis data stream',
  },
  {
    name: 'region',
    value: 'REGION',
    environment: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    description: "AWS region of the stream; else that of the ARN or of the AWS CLI's profile",
  },
  {
    name: 'endpoint-url',
    value: 'URL',
    environment: ['AWS_ENDPOINT_URL_KINESIS', 'AWS_ENDPOINT_URL'],
    description: 'where Kinesis is, instead of the public endpoint',
  },
]

/** What `awsFlags` say. Throws `USAGE`. */
export function readAwsFlags(values: CommandValues): StreamAddress {
  const stream = parsedFlag(values, 'stream-name', parseStream)
  return {
    stream: { name: stream?.name ?? '', arn: stream?.arn },
    // The ARN knows best: another region's endpoint does not have the stream.
    region:
      stream?.region ??
      parsedFlag(values, 'region', (text) => parsePattern(text, /^[a-z0-9-]{1,64}$/, 'an AWS region')),
    endpoint: parsedFlag(values, 'endpoint-url', (text) => parseUrl(text, { userInfo: false })),
  }
}
