import type { SplunkdClient } from '../clients/splunkd.ts'
import { errorText, KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { Secrets } from '../splunk/secrets.ts'
import { kinloaderScheme } from './inputs/kinloader.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'
import type { AwsKey } from './kinesis-connection.ts'

/**
 * The AWS key an input's settings name: in clear, in Splunk's password store under the input's own entry, or there under
 * a name given in `aws_credential`. Undefined when the SDK shall find one by itself.
 */
export async function awsKey(
  settings: KinloaderSettings,
  splunkd: SplunkdClient,
  inputName: string,
  signal: AbortSignal,
): Promise<AwsKey | undefined> {
  const { accessKeyId, secretAccessKey, secretIsStored, credential } = settings.aws
  const secrets = new Secrets({ client: splunkd })
  if (credential !== undefined) return parseCredential(credential, await secrets.read(credential, signal))
  if (accessKeyId === undefined) return undefined
  if (!secretIsStored) return secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey }
  const stored = await secrets.read(entryName(inputName), signal)
  if (stored !== undefined) return { accessKeyId, secretAccessKey: stored }
  throw new KinloaderError(
    'SECRET_MISSING',
    `Splunk's password store has no AWS secret for the input ${inputName}: enter aws_secret_access_key again.`,
  )
}

/**
 * Moves a secret which stands in inputs.conf in clear into Splunk's password store, and puts the mask in its place;
 * splunkd then restarts the input. Where that is not allowed the input runs all the same, with a warning.
 */
export async function hideSecret(
  settings: KinloaderSettings,
  splunkd: SplunkdClient,
  input: { readonly name: string; readonly app: string | undefined },
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { secretAccessKey } = settings.aws
  if (secretAccessKey === undefined) return
  try {
    await new Secrets({ client: splunkd }).write(entryName(input.name), secretAccessKey, signal)
    const here = new Secrets({ client: splunkd, ...(input.app !== undefined && { app: input.app }) })
    await here.mask(kinloaderScheme.name, input.name, ['aws_secret_access_key'], signal)
    logger.info('secret', { state: 'moved into the password store; Splunk restarts the input' })
  } catch (error) {
    logger.warn('secret', {
      error: errorText(error),
      effect:
        'aws_secret_access_key stays readable in inputs.conf; allow edit of storage/passwords, or use aws_credential',
    })
  }
}

function parseCredential(name: string, value: string | undefined): AwsKey {
  const [accessKeyId = '', secretAccessKey = ''] = value?.split(/:(.*)/s) ?? []
  if (accessKeyId !== '' && secretAccessKey !== '') return { accessKeyId, secretAccessKey }
  throw new KinloaderError(
    'CREDENTIAL_MISSING',
    value === undefined
      ? `Splunk's password store has no entry ${name} in the realm kinloader: create it, or leave aws_credential empty.`
      : `The entry ${name} in Splunk's password store does not hold accessKeyId:secretAccessKey: store it again in that form.`,
  )
}

function entryName(inputName: string): string {
  return `input.${inputName}`
}
