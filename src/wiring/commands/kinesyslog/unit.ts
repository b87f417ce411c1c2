import type { CommandFlag } from '../../../host/command-line.ts'

export interface UnitOptions {
  /** Absolute paths of the runtime and of the program. */
  readonly launch: readonly [runtime: string, file: string]
  /** The account it runs as; undefined: root. */
  readonly user: string | undefined
  /** Absolute path of its OpenSSL configuration. */
  readonly opensslFile: string
}

/** Where systemd keeps the service's state: below /var/lib, and not in a temporary folder which it empties at each stop. */
const stateName = 'kinesyslog'

/**
 * The unit of the service. What an administrator may want to change stands in the drop-in, which is kept when this is
 * written anew. Exit codes 2 and 78 mean a configuration which no restart mends.
 */
export function unitOf({ launch, opensslFile }: UnitOptions): string {
  return `[Unit]
Description=kinesyslog: a syslog and GELF relay to Amazon Data Firehose
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
ExecStart=${launch.map(quoted).join(' ')} listen
ExecReload=/bin/kill -HUP $MAINPID
Environment=KINESYSLOG_SPOOL_DIR=/var/lib/${stateName}
Environment=${inQuotes(`OPENSSL_CONF=${opensslFile.replaceAll('%', '%%')}`)}
StateDirectory=${stateName}
StateDirectoryMode=0700
WorkingDirectory=/var/lib/${stateName}
KillMode=mixed
TimeoutStopSec=60
Restart=always
RestartSec=30
RestartPreventExitStatus=2 78
LimitNOFILE=65536
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=true
PrivateTmp=true
PrivateDevices=true
ProtectSystem=full
ProtectHome=read-only
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectControlGroups=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true

[Install]
WantedBy=multi-user.target
`
}

/** The drop-in with everything which may be set, commented out but for what this installation was told. */
export function overrideOf({ user }: Pick<UnitOptions, 'user'>, flags: readonly CommandFlag[]): string {
  const settings = flags
    .filter(({ hidden, name }) => hidden !== true && name !== 'spool-dir')
    .map(({ environment = [], default: preset = '', value }) =>
      setting(environment[0] ?? '', preset, value === undefined),
    )
  return `# What is set here wins over kinesyslog.service and survives "kinesyslog install". After a change:
#   systemctl daemon-reload && systemctl restart kinesyslog
[Service]
Environment="no_proxy=169.254.169.254"
#Environment="all_proxy="
${user === undefined ? '#User=kinesyslog' : `User=${user}`}
#Environment="AWS_ACCESS_KEY_ID="
#Environment="AWS_SECRET_ACCESS_KEY="
#Environment="AWS_SHARED_CREDENTIALS_FILE="
#Environment="AWS_CONFIG_FILE="
#Environment="AWS_PROFILE="
${settings.join('\n')}
# The spool: a folder outside of /var/lib/${stateName} must exist, belong to the service's user and be writable for the unit.
#Environment="KINESYSLOG_SPOOL_DIR=/var/lib/${stateName}"
`
}

function setting(variable: string, preset: string, isSwitch: boolean): string {
  return `#Environment="${variable}=${isSwitch ? '0' : preset}"`
}

/** systemd.service(5), "Command lines": quotes for spaces, a percent sign and a dollar sign doubled. */
function quoted(path: string): string {
  return inQuotes(path.replaceAll('%', '%%').replaceAll('$', '$$$$'))
}

function inQuotes(text: string): string {
  return /[\s"'\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text
}
