import { type DebianProgram, installDebianPrograms } from './debian-programs.ts'
import { runMocha } from './mocha.ts'
import { installMoto, withMoto } from './moto-server.ts'
import type { Step } from './step.ts'

const testTimeoutMs = 300_000

const syslogNg = {
  package: 'syslog-ng-core',
  libraries: ['usr/lib/syslog-ng'],
  environment: 'SYSLOGNG_PREFIX="$root/usr"',
} as const

/** rsyslog and syslog-ng exclude each other as packages: both are unpacked, neither is installed. */
const programs: readonly DebianProgram[] = [
  { ...syslogNg, name: 'loggen', probe: ['--help-socket-plugin'] },
  { ...syslogNg, name: 'syslog-ng', probe: ['--version'], how: 'always-unpack' }, // for the bench
  {
    name: 'rsyslogd',
    package: 'rsyslog',
    besides: ['rsyslog-openssl'],
    probe: ['-v'],
    how: 'always-unpack',
    firstArgs: '-M "$libraries/rsyslog"',
  },
  { name: 'haproxy', package: 'haproxy', probe: ['-v'] },
  { name: 'openssl', package: 'openssl', probe: ['version'], how: 'install' },
  { name: 'logger', package: 'bsdutils', probe: ['--version'], how: 'install' },
  { name: 'systemd-analyze', package: 'systemd', probe: ['--version'], how: 'install' },
]

/** The relay among the programs which send to it, and before a Firehose which delivers. */
export const relayStep: Step = {
  name: 'relay: loggen, logger, rsyslog, HAProxy, OpenSSL, gelf-pro, moto',
  async run(context) {
    const PATH = await installDebianPrograms(programs, context)
    const bin = await installMoto(context)
    return withMoto(bin, context, (endpoint) =>
      runMocha(
        {
          files: ['test/verify/relay*.verify.ts'],
          env: { PATH, KINLOADER_VERIFY_FIREHOSE_ENDPOINT: endpoint },
          timeoutMs: testTimeoutMs,
        },
        context,
      ),
    )
  },
}
