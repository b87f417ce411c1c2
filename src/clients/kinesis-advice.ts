import { errorCode } from '../core/errors.ts'
import { awsMessage } from './aws-message.ts'
import type { KinesisFault } from './kinesis-errors.ts'

/** What was tried: the permissions one lacks depend on it. */
export type KinesisUse = 'read' | 'put'

const permissions: Readonly<Record<KinesisUse, string>> = {
  read: 'kinesis:DescribeStreamSummary, kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords',
  put: 'kinesis:PutRecords and kinesis:ListShards',
}

/** One sentence for the person who has to act, naming the stream; the caller gives it a capital and a full stop. */
export function kinesisAdvice(fault: KinesisFault, error: unknown, stream: string, use: KinesisUse = 'read'): string {
  const said = awsMessage(error)
  switch (fault) {
    case 'gone':
      return `stream ${stream} does not exist in this region and account; check its name, region and endpoint (${said})`
    case 'denied':
      if (/sts:AssumeRole/i.test(said)) {
        return `the role for stream ${stream} may not be assumed; allow sts:AssumeRole, and see the role's trust policy and external_id (${said})`
      }
      return `access to stream ${stream} is denied; allow ${permissions[use]} on it (${said})`
    case 'key':
      return `the KMS key of stream ${stream} cannot be used; enable it and allow ${use === 'read' ? 'kms:Decrypt' : 'kms:GenerateDataKey'} (${said})`
    case 'credentials':
      return credentialAdvice(error, stream)
    case 'throttled':
      return `stream ${stream} is ${use === 'read' ? 'read or described too often by all its consumers' : 'written to too fast by all its producers'} together (${said})`
    case 'transient':
      return `Kinesis cannot be reached or does not answer properly; check network, proxy, region and endpoint (${said})`
    case 'foreign-stream':
      return `the checkpoint of stream ${stream} comes from an earlier stream of the same name (${said})`
    case 'wrong-shard':
      return `the checkpoint belongs to another shard; correct or delete it and restart the input, this shard is not read until then (${said})`
    case 'future':
      return `this machine's clock is ahead of AWS's; set it right (${said})`
    case 'too-old':
    case 'at-end':
    case 'bad-iterator':
    case 'expired-iterator':
    case 'expired-token':
    case 'refused':
    case 'aborted':
      return `Kinesis refuses the request for stream ${stream}; check stream, region and endpoint (${said})`
  }
}

function credentialAdvice(error: unknown, stream: string): string {
  const said = awsMessage(error)
  if (/scoped to a valid region/i.test(said)) {
    return `the endpoint does not belong to the region of stream ${stream}; correct region or endpoint (${said})`
  }
  if (/^(CredentialsProviderError|TokenProviderError)$/.test(errorCode(error))) {
    return `there are no AWS credentials which can be used; give a key, or let the environment or the machine's role provide one (${said})`
  }
  return `AWS refuses the credentials; check the key, its expiry, the role and this machine's clock (${said})`
}
