import type { InputArgument, InputScheme } from '../../splunk/scheme.ts'

const ports: readonly InputArgument[] = [
  {
    name: 'udp_ports',
    title: 'Syslog UDP ports',
    description: 'UDP ports for syslog, separated by commas or spaces. One datagram is one event.',
  },
  {
    name: 'tcp_ports',
    title: 'Syslog TCP ports',
    description: 'TCP ports for syslog without encryption.',
  },
  {
    name: 'tls_ports',
    title: 'Syslog TLS ports',
    description: 'TCP ports for syslog over TLS; 6514 is the one senders expect. They need a certificate.',
  },
  {
    name: 'gelf_udp_ports',
    title: 'GELF UDP ports',
    description: 'UDP ports for GELF: plain, gzip or zlib, whole or in chunks.',
  },
  {
    name: 'gelf_tcp_ports',
    title: 'GELF TCP ports',
    description: 'TCP ports for GELF without encryption, one JSON object after the other.',
  },
  {
    name: 'gelf_tls_ports',
    title: 'GELF TLS ports',
    description: 'TCP ports for GELF over TLS. They need a certificate.',
  },
  {
    name: 'address',
    title: 'Address',
    description:
      'IP address of this machine on which all ports listen: 0.0.0.0 for all of IPv4, :: for IPv6 and IPv4 together.',
    default: '0.0.0.0',
  },
  {
    name: 'proxy_protocol_ports',
    title: 'PROXY protocol ports',
    description:
      'Those of the TCP and TLS ports on which each connection begins with a PROXY header of version 1 or 2, as a load balancer writes it. The address in it becomes the host of the events.',
  },
]

const tls: readonly InputArgument[] = [
  {
    name: 'certificate',
    title: 'Certificate',
    description:
      'PEM file of the certificate and those between it and the root. An absolute path, or one which begins with $SPLUNK_HOME.',
  },
  {
    name: 'private_key',
    title: 'Private key file',
    description: 'PEM file of the key which belongs to the certificate. It has no passphrase.',
  },
  {
    name: 'client_auth',
    title: 'Client certificates',
    description:
      'Whether senders must show a certificate: none, optional (a certificate which is shown must be good), require, or auto (require when client CAs or fingerprints are given, else none).',
    choices: ['auto', 'none', 'optional', 'require'],
    default: 'auto',
  },
  {
    name: 'client_ca',
    title: 'Client CAs',
    description: 'PEM files of the CAs whose senders are let in, separated by commas.',
  },
  {
    name: 'client_crl',
    title: 'Client CRLs',
    description:
      'PEM files of revocation lists, separated by commas. If there is any, each CA in the chain of a sender needs one.',
  },
  {
    name: 'client_names',
    title: 'Client names',
    description:
      'DNS names of which the certificate of a sender must bear one, separated by commas or spaces; *.example.com stands for any one label.',
  },
  {
    name: 'client_fingerprints',
    title: 'Client fingerprints',
    description: 'SHA-256 fingerprints of certificates which need no CA, separated by commas or spaces.',
  },
]

const limits: readonly InputArgument[] = [
  {
    name: 'framing',
    title: 'Framing',
    description:
      'How syslog is cut on TCP and TLS: auto (counted frames and lines, told apart frame by frame), octet (counted frames only) or line (never counted).',
    choices: ['auto', 'octet', 'line'],
    default: 'auto',
  },
  {
    name: 'max_message_size',
    title: 'Largest message',
    description:
      'Bytes of a message. What syslog has beyond is cut off, GELF beyond is dropped; both are counted. Empty: 65536 for syslog and 524288, which is also the most, for GELF.',
    dataType: 'number',
  },
  {
    name: 'max_connections',
    title: 'Connections',
    description: 'How many TCP and TLS connections are open at most, all ports together.',
    dataType: 'number',
    default: '1000',
  },
  {
    name: 'idle_timeout',
    title: 'Idle time-out',
    description: 'Silence after which a connection is closed, in seconds or with a unit; 0 means never.',
    default: '0',
  },
  {
    name: 'allow',
    title: 'Allowed senders',
    description:
      'Blocks of addresses such as 10.0.0.0/8, separated by commas or spaces, which may connect or send datagrams. Empty: all.',
  },
  {
    name: 'proxy_trusted',
    title: 'Trusted proxies',
    description:
      'Blocks of addresses which may connect to ports with PROXY headers, instead of the allowed senders. Empty: those.',
  },
  {
    name: 'udp_recv_buffer',
    title: 'UDP receive buffer',
    description:
      'Bytes which each UDP port asks the kernel to keep for it. Linux grants no more than net.core.rmem_max; splunkd.log tells what was granted.',
    dataType: 'number',
    default: '4194304',
  },
]

const events: readonly InputArgument[] = [
  {
    name: 'timezone',
    title: 'Time zone',
    description: 'IANA name of the zone of times without one, as in RFC 3164, such as Europe/Berlin.',
    default: 'UTC',
  },
  {
    name: 'override_source',
    title: 'Override source',
    description: 'Source of all events, in place of udp:514 or tcp:514.',
  },
  {
    name: 'override_sourcetype',
    title: 'Override sourcetype',
    description: 'Sourcetype of all events, in place of kinloader:syslog and kinloader:gelf.',
  },
  {
    name: 'override_host',
    title: 'Override host',
    description: 'Host of all events, in place of the address of the sender.',
  },
  {
    name: 'override_index',
    title: 'Override index',
    description: 'Index of all events. The index must exist.',
  },
  {
    name: 'hold_back',
    title: 'Hold-back',
    description:
      'How long an event handed to Splunk counts as not yet safe. The orderly end of a TCP connection tells its sender that all its events are safe, so it comes so much later.',
    default: '2s',
  },
  {
    name: 'metrics_interval',
    title: 'Metrics interval',
    description: 'Time between two lines about each port in splunkd.log, in seconds or with a unit.',
    default: '60s',
  },
]

const grouped = (group: string, members: readonly InputArgument[]): readonly InputArgument[] =>
  members.map((argument) => ({ ...argument, group }))

/**
 * The modular input `kinloader_syslog`, and the one truth about its arguments, as `kinloaderScheme` is for the first
 * input; there, too, stands why no argument has a validation by splunkd.
 */
export const syslogScheme: InputScheme = {
  name: 'kinloader_syslog',
  title: 'Syslog and GELF Listener',
  description: 'Receives syslog and GELF over UDP, TCP and TLS.',
  arguments: [
    ...grouped('Ports', ports),
    ...grouped('TLS', tls),
    ...grouped('Limits', limits),
    ...grouped('Events', events),
  ],
}

/** What every input of Splunk has besides, with the defaults of ours. */
export const syslogImplicitArguments: readonly InputArgument[] = [
  {
    name: 'interval',
    title: 'Interval',
    description: 'Seconds after which Splunk starts the input again when it has ended.',
    dataType: 'number',
    default: '30',
  },
  { name: 'index', title: 'Index', description: 'Index of the events.', default: 'default' },
  {
    name: 'host',
    title: 'Host',
    description: 'Has no effect: the host of an event is the address of its sender, or what override_host says.',
  },
  { name: 'source', title: 'Source', description: 'Source of the events, in place of udp:514 or tcp:514.' },
  {
    name: 'sourcetype',
    title: 'Sourcetype',
    description: 'Sourcetype of the events, in place of kinloader:syslog and kinloader:gelf.',
  },
]
