import { errorText } from '../core/errors.ts'
import type { KinesisFault } from './kinesis-errors.ts'

/** One sentence for the person who has to act, naming the stream. No AWS message carries a secret. */
export function kinesisAdvice(fault: KinesisFault, error: unknown, stream: string): string {
  const said = errorText(error)
  switch (fault) {
    case 'gone':
      return `stream ${stream} does not exist in this region and account; check its name, region and endpoint (${said})`
    case 'denied':
      return `access to stream ${stream} is denied; allow kinesis:DescribeStreamSummary, kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords on it (${said})`
    case 'key':
      return `the KMS key of stream ${stream} cannot be used; enable it and allow kms:Decrypt (${said})`
    case 'credentials':
      return `AWS refuses the credentials; check the key, its expiry, the role and this machine's clock (${said})`
    case 'throttled':
      return `stream ${stream} is read or described too often by all its consumers together (${said})`
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
      return `Kinesis refuses the request for stream ${stream} (${said})`
  }
}
