import type { CommandDefinition, CommandFlag } from '../../../host/command-line.ts'

/** `--udp-port` is set by `KINESYSLOG_UDP_PORT`, and so on. */
export function variableOf(flag: string): string {
  return `KINESYSLOG_${flag.toUpperCase().replaceAll('-', '_')}`
}

/** The flags of the original first, in its order; then ours. */
const flags: readonly Omit<CommandFlag, 'environment'>[] = [
  { name: 'stream', value: 'NAME', required: true, description: 'name of the Firehose delivery stream' },
  {
    name: 'address',
    value: 'ADDRESS',
    default: '0.0.0.0',
    description: 'address of every listener; :: is all of IPv6 and IPv4',
  },
  { name: 'udp-port', value: 'PORT', default: '0', repeatable: true, description: 'UDP port to listen on; 0 is none' },
  { name: 'tcp-port', value: 'PORT', default: '0', repeatable: true, description: 'TCP port to listen on; 0 is none' },
  {
    name: 'tls-port',
    value: 'PORT',
    default: '6514',
    repeatable: true,
    description: 'TLS port to listen on; 0 is none',
  },
  { name: 'cert', value: 'FILE', description: 'certificate of the TLS listeners, with its chain, PEM' },
  { name: 'key', value: 'FILE', description: 'private key of the certificate, PEM' },
  {
    name: 'proxy-protocol',
    value: 'PORT',
    default: '0',
    repeatable: true,
    description: 'TCP or TLS port whose connections begin with a PROXY header, v1 or v2; 0 is none',
  },
  {
    name: 'spool-dir',
    value: 'FOLDER',
    default: '/tmp',
    description: 'existing folder for what is not delivered yet; choose one which survives a restart',
  },
  {
    name: 'region',
    value: 'REGION',
    description: 'AWS region of the stream; else that of the environment, the profile or the EC2 instance',
  },
  { name: 'profile', value: 'NAME', description: "profile of the AWS CLI's files" },
  { name: 'gelf', description: 'GELF instead of syslog on the three kinds of port above' },
  {
    name: 'group-prefix',
    value: 'TEXT',
    default: '/kinesyslog',
    description: 'what the log group of the records begins with',
  },
  {
    name: 'prometheus-port',
    value: 'PORT',
    default: '0',
    repeatable: true,
    description: 'port of /metrics, /healthz and /readyz; 0 is none',
  },
  { name: 'debug', description: 'tell more on stderr' },
  { name: 'gelf-udp-port', value: 'PORT', repeatable: true, description: 'UDP port for GELF, beside syslog ports' },
  { name: 'gelf-tcp-port', value: 'PORT', repeatable: true, description: 'TCP port for GELF, beside syslog ports' },
  { name: 'gelf-tls-port', value: 'PORT', repeatable: true, description: 'TLS port for GELF, beside syslog ports' },
  {
    name: 'strict',
    description: 'end with 78 when one of several listeners cannot be had, instead of serving the others',
  },
  { name: 'client-ca', value: 'FILE', repeatable: true, description: 'CA which client certificates must be of, PEM' },
  { name: 'client-crl', value: 'FILE', repeatable: true, description: 'revocation list of such a CA, PEM' },
  {
    name: 'client-name',
    value: 'PATTERN',
    repeatable: true,
    description: 'DNS name a client certificate must have; a leftmost * stands for one label',
  },
  {
    name: 'client-fingerprint',
    value: 'SHA256',
    repeatable: true,
    description: 'client certificate which is accepted whoever signed it',
  },
  {
    name: 'client-auth',
    value: 'WHEN',
    description: 'none, optional or require; else require with a CA or fingerprint, and none without',
  },
  {
    name: 'framing',
    value: 'KIND',
    default: 'auto',
    description: 'of syslog over TCP and TLS: auto, octet (counted frames only) or line (never counted)',
  },
  {
    name: 'max-message-size',
    value: 'BYTES',
    description: 'bytes of a message, at most 524288; else 65536 for syslog, 524288 for GELF',
  },
  { name: 'max-connections', value: 'N', default: '1000', description: 'connections of all listeners together' },
  {
    name: 'idle-timeout',
    value: 'TIME',
    default: '0',
    description: 'after which a silent connection is closed; 0 is never',
  },
  {
    name: 'allow',
    value: 'CIDR',
    repeatable: true,
    description: 'peers which may connect or send datagrams; else any',
  },
  {
    name: 'proxy-trusted',
    value: 'CIDR',
    repeatable: true,
    description: 'peers which may connect to ports with PROXY headers, instead of those of --allow',
  },
  {
    name: 'udp-recv-buffer',
    value: 'BYTES',
    default: '4194304',
    description: 'what the kernel is asked to hold for a UDP port',
  },
  { name: 'timezone', value: 'ZONE', default: 'UTC', description: 'zone of times without one, such as Europe/Berlin' },
  {
    name: 'fsync',
    value: 'WHEN',
    default: 'interval',
    description: 'when the journal is forced to the disk: always (before a receipt), interval (every 500 ms) or off',
  },
  {
    name: 'spool-max-bytes',
    value: 'BYTES',
    default: '4294967296',
    description: 'what the spool may hold, journal included',
  },
  {
    name: 'spool-import',
    description: "take over the original's firehose_event-* files which lie in the spool folder",
  },
  {
    name: 'buffer-bytes',
    value: 'BYTES',
    default: '4194304',
    description: 'bytes of messages after which records are made',
  },
  {
    name: 'buffer-seconds',
    value: 'N',
    default: '60',
    description: 'age of the oldest message after which records are made',
  },
  { name: 'upload-seconds', value: 'N', default: '60', description: 'after which records are uploaded at the latest' },
  { name: 'owner', value: 'ACCOUNT', description: 'AWS account in the records; else STS is asked' },
  { name: 'endpoint-url', value: 'URL', description: 'where Firehose and STS are, instead of the public endpoints' },
  {
    name: 'pack-records',
    description: 'several sources in one Firehose record, which costs less; readers must take several gzip members',
  },
  { name: 'port', value: 'PORT', hidden: true, repeatable: true, description: 'the older name of tls-port' },
]

export const listenDefinition: CommandDefinition = {
  name: 'kinesyslog listen',
  summary: 'Takes syslog or GELF over UDP, TCP and TLS and delivers it to an Amazon Data Firehose stream.',
  // Not the older names: they never had a variable, and KINESYSLOG_PORT is what Kubernetes sets for a service so named.
  flags: flags.map((flag) => (flag.hidden === true ? flag : { ...flag, environment: [variableOf(flag.name)] })),
  notes: [
    'In a variable, white space separates the values of what is repeatable. The stream must have no compression and no',
    'CloudWatch decompression: records are gzip already. SIGHUP reads the certificates again. SIGTERM ends it with what',
    'it has taken delivered or in the spool folder; a second one ends it at once.',
    '',
    'Exit codes: 0 stopped in order, 1 an internal failure, 2 wrong usage, 77 no permission, 78 wrong configuration.',
  ],
}
