import { type EventMetadata, readFallback, readMetadata } from './event-metadata.ts'
import { implicitArguments, kinloaderScheme, SECRET_MASK } from './kinloader.ts'
import { SettingReader, type SettingParameters } from './setting-reader.ts'
import { parseBoolean, parseChoice, parseInteger, parsePattern, parseTime, parseUrl } from './setting-values.ts'
import { parseStream } from './stream-reference.ts'

/** The arguments of an input, checked and typed. Absent optional settings are undefined. */
export interface KinloaderSettings {
  readonly stream: { readonly name: string; readonly arn: string | undefined }
  readonly region: string
  readonly endpoint: string | undefined
  readonly dynamodbEndpoint: string | undefined
  readonly stsEndpoint: string | undefined
  readonly initialPosition: InitialPosition
  readonly checkpointStore: 'kvstore' | 'dynamodb' | 'filesystem'
  readonly checkpointName: string
  readonly checkpointIntervalMs: number
  readonly holdBackMs: number
  readonly importCheckpoints: ImportedCheckpoints | undefined
  readonly dynamodb: DynamodbSettings
  readonly aws: AwsSettings
  readonly recordFormat: 'auto' | 'log-record' | 'text' | 'json'
  /** What every event gets, whatever its record says. */
  readonly override: EventMetadata
  /** What an event gets whose record says nothing: Splunk's implicit host, index, source and sourcetype. */
  readonly fallback: EventMetadata
  readonly metricsIntervalMs: number
}

export type InitialPosition =
  | { readonly kind: 'latest' }
  | { readonly kind: 'trim_horizon' }
  | { readonly kind: 'time'; readonly timeMs: number }

export type ImportedCheckpoints =
  | { readonly kind: 'filesystem'; readonly path: string }
  | { readonly kind: 'dynamodb'; readonly table: string }
  | { readonly kind: 'kvstore'; readonly app: string | undefined; readonly collection: string }

export interface DynamodbSettings {
  readonly table: string
  readonly create: boolean
  readonly billing: 'provisioned' | 'on_demand'
  readonly readCapacity: number
  readonly writeCapacity: number
}

export interface AwsSettings {
  readonly accessKeyId: string | undefined
  /** In clear, only before it was moved into Splunk's password store. */
  readonly secretAccessKey: string | undefined
  /** The mask stands in inputs.conf: the secret is in Splunk's password store. */
  readonly secretIsStored: boolean
  readonly credential: string | undefined
  readonly roleArn: string | undefined
  readonly externalId: string | undefined
  readonly roleSessionName: string
  /** May hold a password: never log it. */
  readonly proxy: string | undefined
}

/** What the settings depend on besides the arguments. */
export interface SettingsSurroundings {
  /** The host name splunkd goes by; what `$decideOnStartup` means. */
  readonly serverHost?: string
  /** The environment of the process, asked for AWS_REGION only. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Parameters to settings. An empty value is an absent one. Throws one `BAD_SETTING` error that names everything
 * which is wrong, each with what it must be; unknown parameters are splunkd's own and pass.
 */
export function readSettings(params: SettingParameters, surroundings: SettingsSurroundings = {}): KinloaderSettings {
  const reader = new SettingReader(params, defaults)
  const stream = reader.required('stream', (text) => parseStream(text))
  const region = readRegion(reader, stream?.region, surroundings.environment ?? {})
  const checkpointName =
    reader.optional('checkpoint_name', (text) =>
      parsePattern(text, /^[a-zA-Z0-9_.-]{1,64}$/, 'letters, digits, dots, hyphens and underscores, at most 64'),
    ) ?? ''
  const settings: KinloaderSettings = {
    stream: { name: stream?.name ?? '', arn: stream?.arn },
    region,
    endpoint: reader.optional('endpoint', parseEndpoint),
    dynamodbEndpoint: reader.optional('dynamodb_endpoint', parseEndpoint),
    stsEndpoint: reader.optional('sts_endpoint', parseEndpoint),
    initialPosition: reader.optional('initial_position', parseInitialPosition) ?? { kind: 'latest' },
    checkpointStore:
      reader.optional('checkpoint_store', (text) => parseChoice(text, ['kvstore', 'dynamodb', 'filesystem'])) ??
      'kvstore',
    checkpointName,
    checkpointIntervalMs: reader.duration('checkpoint_interval', { minMs: 100, maxMs: 3_600_000 }),
    holdBackMs: reader.duration('hold_back', { minMs: 0, maxMs: 3_600_000 }),
    importCheckpoints: reader.optional('import_checkpoints', parseImport),
    dynamodb: {
      table: reader.optional('dynamodb_table', parseTable) ?? `${checkpointName}-${stream?.name ?? ''}`,
      create: reader.optional('dynamodb_create', parseBoolean) ?? true,
      billing:
        reader.optional('dynamodb_billing', (text) => parseChoice(text, ['provisioned', 'on_demand'])) ?? 'provisioned',
      readCapacity: reader.optional('dynamodb_read_capacity', parseCapacity) ?? 0,
      writeCapacity: reader.optional('dynamodb_write_capacity', parseCapacity) ?? 0,
    },
    aws: readAws(reader),
    recordFormat:
      reader.optional('record_format', (text) => parseChoice(text, ['auto', 'log-record', 'text', 'json'])) ?? 'auto',
    override: readMetadata(reader, 'override_'),
    fallback: readFallback(reader, surroundings.serverHost),
    metricsIntervalMs: reader.duration('metrics_interval', { minMs: 1000, maxMs: 86_400_000 }),
  }
  reader.finish()
  return settings
}

const defaults: ReadonlyMap<string, string> = new Map(
  [...kinloaderScheme.arguments, ...implicitArguments].flatMap((argument) =>
    argument.default === undefined ? [] : [[argument.name, argument.default] as const],
  ),
)

function readRegion(
  reader: SettingReader,
  regionOfArn: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const given = reader.optional('region', (text) =>
    parsePattern(text, /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/, 'an AWS region such as eu-central-1'),
  )
  if (given !== undefined && regionOfArn !== undefined && given !== regionOfArn) {
    reader.problem(`region is ${given}, but the ARN of the stream says ${regionOfArn}: leave one of them out`)
  }
  const region = given ?? regionOfArn ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? ''
  if (region === '' && reader.text('region') === undefined) reader.problem('region is missing')
  return region
}

function parseEndpoint(text: string): string {
  return parseUrl(text, { userInfo: false })
}

function parseInitialPosition(text: string): InitialPosition {
  const kind = text.toLowerCase()
  if (kind === 'latest' || kind === 'trim_horizon') return { kind }
  try {
    return { kind: 'time', timeMs: parseTime(text) }
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`latest, trim_horizon or ${error.message}`) : error
  }
}

function parseTable(text: string): string {
  return parsePattern(text, /^[a-zA-Z0-9_.-]{3,255}$/, 'the name of a DynamoDB table')
}

function parseCapacity(text: string): number {
  return parseInteger(text, { min: 1, max: 40_000 })
}

function parseImport(text: string): ImportedCheckpoints {
  const path = /^(?:file:)?(\/.+|[a-zA-Z]:[\\/].+)$/.exec(text)?.[1]
  if (path !== undefined) return { kind: 'filesystem', path }
  const table = /^dynamodb:([a-zA-Z0-9_.-]{3,255})$/.exec(text)?.[1]
  if (table !== undefined) return { kind: 'dynamodb', table }
  const collection = /^kvstore:(?:([\w.-]+)\/)?([\w.-]+)$/.exec(text)
  if (collection?.[2] !== undefined) return { kind: 'kvstore', app: collection[1], collection: collection[2] }
  throw new RangeError('file:/path, dynamodb:table or kvstore:collection')
}

function readAws(reader: SettingReader): AwsSettings {
  const accessKeyId = reader.optional('aws_access_key_id', (text) =>
    parsePattern(text, /^\w{16,128}$/, 'an AWS access key ID'),
  )
  const secret = reader.text('aws_secret_access_key')
  const credential = reader.optional('aws_credential', (text) =>
    parsePattern(text, /^[^\r\n:]{1,255}$/, "the name of an entry in Splunk's password store, without a colon"),
  )
  const hasKeyId = reader.text('aws_access_key_id') !== undefined
  if (hasKeyId !== (secret !== undefined)) {
    reader.problem('aws_access_key_id and aws_secret_access_key belong together: set both or neither')
  }
  if (credential !== undefined && hasKeyId) {
    reader.problem('aws_credential takes the place of aws_access_key_id and aws_secret_access_key: leave one out')
  }
  const roleArn = reader.optional('role_arn', (text) =>
    parsePattern(text, /^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'the ARN of an IAM role'),
  )
  const externalId = reader.optional('external_id', (text) =>
    parsePattern(text, /^[\w+=,.@:/-]{2,1224}$/, 'an external ID as AWS allows it'),
  )
  if (externalId !== undefined && reader.text('role_arn') === undefined) {
    reader.problem('external_id needs role_arn')
  }
  return {
    accessKeyId,
    secretAccessKey: secret === SECRET_MASK ? undefined : secret,
    secretIsStored: secret === SECRET_MASK,
    credential,
    roleArn,
    externalId,
    roleSessionName:
      reader.optional('role_session_name', (text) =>
        parsePattern(text, /^[\w+=,.@-]{2,64}$/, 'letters, digits and any of +=,.@_-, between 2 and 64'),
      ) ?? '',
    proxy: reader.optional('proxy', (text) => parseUrl(text, { userInfo: true })),
  }
}
