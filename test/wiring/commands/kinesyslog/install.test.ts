import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { listenDefinition } from '../../../../src/wiring/commands/kinesyslog/listen-flags.ts'
import { kinesyslogInstall } from '../../../../src/wiring/commands/kinesyslog/install.ts'
import { opensslConfig } from '../../../../src/wiring/commands/kinesyslog/openssl-config.ts'
import { unitOf } from '../../../../src/wiring/commands/kinesyslog/unit.ts'
import { runHere } from '../../../support/command-host.ts'

describe('kinesyslog install', () => {
  let folder: string
  const inFolder = (...names: string[]): string => path.join(folder, ...names)
  const read = (...names: string[]): string => readFileSync(inFolder(...names), 'utf8')

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-install-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('writes a unit which restarts, keeps its state and is hardened, and says what comes next', async () => {
    const { code, stdout, stderr } = await runHere(kinesyslogInstall, ['--system-dir', folder])
    assert.equal(code, 0, stderr)
    const unit = read('kinesyslog.service')
    for (const line of [
      'Wants=network-online.target',
      'StateDirectory=kinesyslog',
      'Environment=KINESYSLOG_SPOOL_DIR=/var/lib/kinesyslog',
      `Environment=OPENSSL_CONF=${inFolder('kinesyslog.service.d', 'openssl.cnf')}`,
      'Restart=always',
      'RestartPreventExitStatus=2 78',
      'TimeoutStopSec=60',
      'NoNewPrivileges=true',
      'ProtectSystem=full',
      'ProtectHome=read-only',
      'AmbientCapabilities=CAP_NET_BIND_SERVICE',
      'WantedBy=multi-user.target',
      `ExecStart=${process.execPath} /usr/lib/kinloader/command.js listen`,
    ]) {
      assert.ok(unit.split('\n').includes(line), line)
    }
    assert.match(stdout, /systemctl edit kinesyslog[^]*daemon-reload[^]*enable --now/)
  })

  it('names each variable with its default in the drop-in, which only root may read', async () => {
    await runHere(kinesyslogInstall, ['--system-dir', folder])
    const override = read('kinesyslog.service.d', 'override.conf')
    assert.equal(statSync(inFolder('kinesyslog.service.d', 'override.conf')).mode & 0o777, 0o600)
    assert.match(override, /^Environment="no_proxy=169.254.169.254"$/m)
    assert.match(override, /^#User=kinesyslog$/m)
    assert.match(override, /^#Environment="KINESYSLOG_GROUP_PREFIX=\/kinesyslog"$/m)
    for (const { environment = [], hidden } of listenDefinition.flags) {
      if (hidden !== true) assert.ok(override.includes(`#Environment="${environment[0] ?? ''}=`), environment[0])
    }
  })

  it('writes the OpenSSL configuration, which every account may read, and keeps the one it finds', async () => {
    await runHere(kinesyslogInstall, ['--system-dir', folder])
    const file = inFolder('kinesyslog.service.d', 'openssl.cnf')
    assert.equal(readFileSync(file, 'utf8'), opensslConfig)
    assert.equal(statSync(file).mode & 0o777, 0o644)
    writeFileSync(file, 'mine')
    const { stdout } = await runHere(kinesyslogInstall, ['--system-dir', folder])
    assert.match(stdout, /Kept .*openssl.cnf/)
    assert.equal(readFileSync(file, 'utf8'), 'mine')
  })

  it("lets the service's account read what it must under any umask, and nobody else the drop-in", async () => {
    const before = process.umask(0o077)
    try {
      const { code, stderr } = await runHere(kinesyslogInstall, ['--system-dir', folder])
      assert.equal(code, 0, stderr)
    } finally {
      process.umask(before)
    }
    const modes = ['.', '.d', '.d/openssl.cnf', '.d/override.conf'].map((end) =>
      (statSync(inFolder(`kinesyslog.service${end === '.' ? '' : end}`)).mode & 0o777).toString(8),
    )
    assert.deepEqual(modes, ['644', '755', '644', '600'])
  })

  it('names it by its whole path, however the folder was given', async () => {
    await runHere(kinesyslogInstall, ['--system-dir', path.relative('', folder)])
    const line = `Environment=OPENSSL_CONF=${inFolder('kinesyslog.service.d', 'openssl.cnf')}`
    assert.ok(read('kinesyslog.service').split('\n').includes(line), line)
  })

  it('writes the unit anew and keeps the drop-in', async () => {
    mkdirSync(inFolder('kinesyslog.service.d'))
    writeFileSync(inFolder('kinesyslog.service.d', 'override.conf'), 'mine')
    writeFileSync(inFolder('kinesyslog.service'), 'old')
    const { code, stdout } = await runHere(kinesyslogInstall, ['--system-dir', folder])
    assert.equal(code, 0)
    assert.match(stdout, /Kept .*override.conf/)
    assert.equal(read('kinesyslog.service.d', 'override.conf'), 'mine')
    assert.match(read('kinesyslog.service'), /^\[Service\]$/m)
  })

  it('prints and writes nothing with --dry-run', async () => {
    const { code, stdout } = await runHere(kinesyslogInstall, ['--system-dir', inFolder('absent'), '--dry-run'])
    assert.equal(code, 0)
    assert.match(stdout, /^\[Unit\]$[^]*^ExecStart=[^]*^# .*override.conf$[^]*^#Environment="KINESYSLOG_STREAM="$/m)
    assert.ok(stdout.endsWith(`${inFolder('absent', 'kinesyslog.service.d', 'openssl.cnf')}\n${opensslConfig}`), stdout)
  })

  it('runs the service as the user it is told, if there is one', async () => {
    await runHere(kinesyslogInstall, ['--system-dir', folder, '--user', 'nobody'])
    assert.match(read('kinesyslog.service.d', 'override.conf'), /^User=nobody$/m)
    const { code, stderr } = await runHere(kinesyslogInstall, ['--system-dir', folder, '--user', 'no-such-account'])
    assert.equal(code, 78)
    assert.match(stderr, /^kinesyslog install: There is no account "no-such-account"; create it/)
  })

  it('ends with 77 where it may not write, and 78 where there is no such folder', async () => {
    const absent = await runHere(kinesyslogInstall, ['--system-dir', inFolder('absent')])
    assert.equal(absent.code, 78)
    assert.match(absent.stderr, /There is no folder .*absent; is systemd here\?/)
    // Not even root may make files here.
    const denied = await runHere(kinesyslogInstall, ['--system-dir', '/sys'])
    assert.equal(denied.code, 77, denied.stderr)
    assert.match(denied.stderr, /This user may not write to \/sys; run it as root/)
  })

  it('quotes paths as systemd reads them', () => {
    const launch = ['/opt/my node/100%/node', '/srv/a$b.js'] as const
    const unit = unitOf({ launch, user: undefined, opensslFile: '/my $5 100%/x.cnf' })
    assert.match(unit, /^Environment="OPENSSL_CONF=\/my \$5 100%%\/x.cnf"$/m)
    assert.match(unit, /^ExecStart="\/opt\/my node\/100%%\/node" \/srv\/a\$\$b\.js listen$/m)
  })
})
