import type { SplunkdClient } from '../clients/splunkd.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'
import type { AwsKey } from './kinesis-connection.ts'

/** The AWS key an input's settings name; undefined when the SDK shall find one by itself. */
export function awsKey(
  settings: KinloaderSettings,
  _splunkd: SplunkdClient,
  _signal: AbortSignal,
): Promise<AwsKey | undefined> {
  const { accessKeyId, secretAccessKey } = settings.aws
  if (accessKeyId === undefined || secretAccessKey === undefined) return Promise.resolve(undefined)
  return Promise.resolve({ accessKeyId, secretAccessKey })
}
