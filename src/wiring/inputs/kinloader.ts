import type { InputArgument, InputScheme } from '../../splunk/scheme.ts'

/** What stands in inputs.conf in place of a secret which has moved into Splunk's password store. */
export const SECRET_MASK = '********'

const stream: readonly InputArgument[] = [
  {
    name: 'stream',
    title: 'Stream',
    description: 'Name or ARN of the Kinesis data stream. The ARN is needed for a stream of another account.',
    requiredOnCreate: true,
    requiredOnEdit: true,
  },
  {
    name: 'region',
    title: 'Region',
    description:
      'AWS region of the stream, such as eu-central-1. Not needed with an ARN; else the environment variable AWS_REGION is the fallback.',
  },
  {
    name: 'endpoint',
    title: 'Kinesis endpoint',
    description: 'URL to use instead of the public Kinesis endpoint, for VPC endpoints, FIPS or a local stand-in.',
  },
  {
    name: 'dynamodb_endpoint',
    title: 'DynamoDB endpoint',
    description: 'URL to use instead of the public DynamoDB endpoint.',
  },
  {
    name: 'sts_endpoint',
    title: 'STS endpoint',
    description: 'URL to use instead of the public STS endpoint, where a role is assumed.',
  },
]

const checkpoints: readonly InputArgument[] = [
  {
    name: 'initial_position',
    title: 'Initial position',
    description:
      'Where reading starts when there is no checkpoint: latest, trim_horizon (the oldest record kept), or a time with its zone such as 2026-11-20T08:00:00Z. A stored checkpoint wins.',
    default: 'latest',
  },
  {
    name: 'checkpoint_store',
    title: 'Checkpoint store',
    description:
      'Where positions are remembered: kvstore (the KV store of this Splunk), dynamodb (survives the loss of this machine) or filesystem (the checkpoint directory of this Splunk).',
    choices: ['kvstore', 'dynamodb', 'filesystem'],
    default: 'kvstore',
  },
  {
    name: 'checkpoint_name',
    title: 'Checkpoint name',
    description:
      'Tells apart several inputs which shall each read all of the same stream. Two inputs with the same stream and name would duplicate events and are refused. Letters, digits, dot, hyphen and underscore, at most 64.',
    default: 'kinloader',
  },
  {
    name: 'checkpoint_interval',
    title: 'Checkpoint interval',
    description: 'Time between two saves of the positions, in seconds or with a unit as in 500ms, 5s, 1m.',
    default: '5s',
  },
  {
    name: 'hold_back',
    title: 'Hold-back',
    description:
      'How long an event handed to Splunk counts as not yet safe. Splunk acknowledges nothing and drops what is in its pipe when it stops; a larger value means fewer losses and more duplicates after a crash.',
    default: '2s',
  },
  {
    name: 'import_checkpoints',
    title: 'Import checkpoints of kinlog',
    description:
      'Where kinlog left its checkpoints, read once when our own store is empty: file:/path/to/file.json, dynamodb:table or kvstore:collection (kvstore:app/collection when it belongs to another app).',
  },
]

const dynamodb: readonly InputArgument[] = [
  {
    name: 'dynamodb_table',
    title: 'DynamoDB table',
    description: 'Table for the checkpoints. Empty: the checkpoint name, a hyphen and the name of the stream.',
  },
  {
    name: 'dynamodb_create',
    title: 'Create the table',
    description: 'Whether a missing table is created (1) or is an error (0).',
    dataType: 'boolean',
    default: '1',
  },
  {
    name: 'dynamodb_billing',
    title: 'DynamoDB billing',
    description: 'Billing of a table we create: provisioned or on_demand.',
    choices: ['provisioned', 'on_demand'],
    default: 'provisioned',
  },
  {
    name: 'dynamodb_read_capacity',
    title: 'DynamoDB read capacity',
    description: 'Provisioned read capacity units of a table we create.',
    dataType: 'number',
    default: '10',
  },
  {
    name: 'dynamodb_write_capacity',
    title: 'DynamoDB write capacity',
    description: 'Provisioned write capacity units of a table we create.',
    dataType: 'number',
    default: '10',
  },
]

const credentials: readonly InputArgument[] = [
  {
    name: 'aws_access_key_id',
    title: 'AWS access key ID',
    description:
      'Only where no better credentials exist. Empty: the environment, the files of the AWS CLI, the container or the EC2 instance, as the AWS SDK finds them.',
  },
  {
    name: 'aws_secret_access_key',
    title: 'AWS secret access key',
    description: `Belongs to the access key ID. On the first run it moves into Splunk's password store, and ${SECRET_MASK} stands in its place.`,
    secret: true,
  },
  {
    name: 'aws_credential',
    title: 'AWS credential',
    description:
      "Name of an entry in Splunk's password store, realm kinloader, which holds accessKeyId:secretAccessKey. Use it instead of the two fields above.",
  },
  {
    name: 'role_arn',
    title: 'Role ARN',
    description: 'Role to assume before the stream is read.',
  },
  {
    name: 'external_id',
    title: 'External ID',
    description: 'External ID which the role asks for.',
  },
  {
    name: 'role_session_name',
    title: 'Role session name',
    description: 'Name of the session in the audit trail of AWS when a role is assumed.',
    default: 'kinloader',
  },
  {
    name: 'proxy',
    title: 'Proxy',
    description: 'URL of an HTTP proxy for the calls to AWS, such as http://proxy.example.com:3128.',
  },
]

const events: readonly InputArgument[] = [
  {
    name: 'record_format',
    title: 'Record format',
    description:
      'What a Kinesis record holds: log-record (what the log sender writes), text (lines), json (JSON values) or auto (told apart record by record). Gzip is recognised in all of them.',
    choices: ['auto', 'log-record', 'text', 'json'],
    default: 'auto',
  },
  {
    name: 'override_source',
    title: 'Override source',
    description: 'Source of all events, whatever the records say.',
  },
  {
    name: 'override_sourcetype',
    title: 'Override sourcetype',
    description: 'Sourcetype of all events, whatever the records say.',
  },
  {
    name: 'override_host',
    title: 'Override host',
    description: 'Host of all events, whatever the records say.',
  },
  {
    name: 'override_index',
    title: 'Override index',
    description: 'Index of all events, whatever the records say. The index must exist.',
  },
  {
    name: 'metrics_interval',
    title: 'Metrics interval',
    description: 'Time between two lines about each shard in splunkd.log, in seconds or with a unit.',
    default: '60s',
  },
]

const grouped = (group: string, members: readonly InputArgument[]): readonly InputArgument[] =>
  members.map((argument) => ({ ...argument, group }))

/**
 * The modular input `kinloader`, and the one truth about its arguments: `README/inputs.conf.spec`,
 * `default/inputs.conf`, the manager page and the table in README.md are tested against it.
 *
 * No argument carries a validation by splunkd: it would refuse a field that is left empty on the page, where empty
 * means the default. The program validates all of them itself.
 */
export const kinloaderScheme: InputScheme = {
  name: 'kinloader',
  title: 'Kinesis Log Processor',
  description: 'Reads log events from an Amazon Kinesis data stream.',
  arguments: [
    ...grouped('Stream', stream),
    ...grouped('Positions', checkpoints),
    ...grouped('DynamoDB', dynamodb),
    ...grouped('AWS credentials', credentials),
    ...grouped('Events', events),
  ],
}

/** What every input of Splunk has besides, with the defaults of ours. */
export const implicitArguments: readonly InputArgument[] = [
  {
    name: 'interval',
    title: 'Interval',
    description: 'Seconds after which Splunk starts the input again when it has ended.',
    dataType: 'number',
    default: '30',
  },
  {
    name: 'index',
    title: 'Index',
    description: 'Index of the events whose records name none.',
    default: 'default',
  },
  { name: 'host', title: 'Host', description: 'Host of the events whose records name none.' },
  { name: 'source', title: 'Source', description: 'Source of the events whose records name none.' },
  { name: 'sourcetype', title: 'Sourcetype', description: 'Sourcetype of the events whose records name none.' },
]
