import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { parseCommandLine } from '../../../../src/host/command-line.ts'
import { refuseFaults } from '../../../../src/wiring/commands/kinesyslog/configuration-faults.ts'
import { listenDefinition } from '../../../../src/wiring/commands/kinesyslog/listen-flags.ts'
import { type ListenSettings, readListenSettings } from '../../../../src/wiring/commands/kinesyslog/listen-settings.ts'

describe('the settings of kinesyslog listen', () => {
  function read(line: string, environment: Record<string, string> = {}): ListenSettings {
    const argv = line.split(' ').filter((word) => word !== '')
    return readListenSettings(parseCommandLine(listenDefinition, argv, environment))
  }

  function listenersOf({ listeners }: ListenSettings): string[] {
    return listeners.map(
      ({ transport, format, port, proxy }) => `${transport} ${format} ${port}${proxy ? ' proxy' : ''}`,
    )
  }

  it('takes the environment of the GELF example', () => {
    const settings = read('', {
      KINESYSLOG_GELF: '1',
      KINESYSLOG_TLS_PORT: '0',
      KINESYSLOG_UDP_PORT: '12201',
      KINESYSLOG_TCP_PORT: '12201 12202',
      KINESYSLOG_STREAM: 'kinesyslog-gelf-stream',
    })
    assert.deepEqual(listenersOf(settings), ['udp gelf 12201', 'tcp gelf 12201', 'tcp gelf 12202'])
    assert.equal(settings.stream, 'kinesyslog-gelf-stream')
    assert.deepEqual(settings.warnings, [])
  })

  it('prefers the command line to the environment', () => {
    const settings = read('--stream a --tcp-port 514 --tls-port 0', {
      KINESYSLOG_TCP_PORT: '1 2',
      KINESYSLOG_STREAM: 'b',
    })
    assert.deepEqual(listenersOf(settings), ['tcp syslog 514'])
    assert.equal(settings.stream, 'a')
  })

  it('has the defaults of the original, and ours', () => {
    const settings = read('--stream s --udp-port 514')
    assert.equal(settings.address, '0.0.0.0')
    assert.equal(settings.spoolFolder, tmpdir())
    assert.equal(settings.groupPrefix, '/kinesyslog')
    assert.deepEqual(settings.maxMessageBytes, { syslog: 65_536, gelf: 524_288 })
    assert.deepEqual(
      [settings.maxConnections, settings.idleTimeoutMs, settings.bufferBytes, settings.bufferMs, settings.uploadMs],
      [1000, 0, 4_194_304, 60_000, 60_000],
    )
    assert.deepEqual([settings.fsync, settings.framing, settings.timeZone], ['interval', 'auto', 'UTC'])
    assert.equal(settings.spoolMaxBytes, 4 * 1024 ** 3)
  })

  it('has syslog and GELF in one process', () => {
    const settings = read('--stream s --udp-port 514 --gelf-udp-port 12201 --gelf-tcp-port 12201 --tls-port 0')
    assert.deepEqual(listenersOf(settings), ['udp syslog 514', 'udp gelf 12201', 'tcp gelf 12201'])
  })

  it('marks the ports with PROXY headers', () => {
    const settings = read('--stream s --udp-port 514 --tcp-port 514 --tcp-port 515 --tls-port 0 --proxy-protocol 514')
    assert.deepEqual(listenersOf(settings), ['udp syslog 514', 'tcp syslog 514 proxy', 'tcp syslog 515'])
  })

  it('fault 10: leaves TLS out with a warning when it is merely the default and has no certificate', () => {
    const settings = read('--stream s --udp-port 514')
    assert.deepEqual(listenersOf(settings), ['udp syslog 514'])
    assert.deepEqual(settings.warnings, ['There is no TLS on port 6514, because --cert and --key are not given.'])
  })

  it('refuses TLS which was asked for without a certificate', async () => {
    for (const line of ['--tls-port 6514', '--gelf-tls-port 12201', '--cert c.pem', '--port 6514']) {
      await assert.rejects(
        refuseFaults(read(`--stream s --udp-port 514 ${line}`)),
        { code: 'CONFIGURATION', message: /TLS needs a certificate/ },
        line,
      )
    }
  })

  it('serves TLS with a certificate, on the default port and under its older name', () => {
    const files = '--cert c.pem --key k.pem'
    assert.deepEqual(listenersOf(read(`--stream s ${files}`)), ['tls syslog 6514'])
    const older = read(`--stream s ${files} --port 7000`)
    assert.deepEqual(listenersOf(older), ['tls syslog 7000'])
    assert.deepEqual(older.warnings, ['--port is an older name; use --tls-port.'])
    assert.deepEqual(listenersOf(read(`--stream s ${files} --port 7000 --tls-port 7001`)), ['tls syslog 7001'])
  })

  it('takes no notice of the variable in which Kubernetes tells where a service named kinesyslog is', () => {
    const settings = read('--stream s --udp-port 514', { KINESYSLOG_PORT: 'tcp://10.0.0.7:514' })
    assert.deepEqual(listenersOf(settings), ['udp syslog 514'])
  })

  it('refuses a port for messages and for metrics', async () => {
    await assert.rejects(refuseFaults(read('--stream s --tcp-port 9100 --tls-port 0 --prometheus-port 9100')), {
      code: 'CONFIGURATION',
      message: /TCP port 9100 is asked for twice, for TCP syslog and for --prometheus-port/,
    })
    assert.deepEqual(read('--stream s --udp-port 9100 --prometheus-port 9100').prometheusPorts, [9100])
  })

  it('fault 10: tells everything that is wrong at once', async () => {
    const wrong = '--tcp-port 514 --gelf-tcp-port 514 --proxy-protocol 99 --allow 10.0.0.0/33'
    await assert.rejects(
      refuseFaults(read(`--stream s --tls-port 6514 --cert /no/cert.pem --key /no/key.pem ${wrong}`)),
      ({ code, message }: { code: string; message: string }) => {
        assert.equal(code, 'CONFIGURATION')
        assert.match(message, /TCP port 514 is asked for twice/)
        assert.match(message, /--proxy-protocol 99 is no TCP or TLS port/)
        assert.match(message, /"10.0.0.0\/33" is no block of addresses/)
        assert.match(message, /The file \/no\/cert.pem cannot be read/)
        return true
      },
    )
  })

  it('refuses to listen on nothing', async () => {
    await assert.rejects(refuseFaults(read('--stream s')), {
      code: 'CONFIGURATION',
      message: /^There is nothing to listen on/,
    })
  })

  it('wants client certificates when it is told a CA or a fingerprint', () => {
    const base = '--stream s --cert c --key k'
    assert.equal(read(base).tlsFiles?.clientAuth, 'none')
    assert.equal(read(`${base} --client-ca ca.pem`).tlsFiles?.clientAuth, 'require')
    assert.equal(read(`${base} --client-fingerprint ${'ab:'.repeat(31)}ab`).tlsFiles?.clientAuth, 'require')
    assert.equal(read(`${base} --client-ca ca.pem --client-auth optional`).tlsFiles?.clientAuth, 'optional')
    assert.throws(() => read(`${base} --client-auth require`), { code: 'USAGE', message: /nobody could be accepted/ })
    assert.throws(() => read(`${base} --client-fingerprint abc`), { code: 'USAGE', message: /64 hex digits/ })
  })

  it('refuses what would let in everybody although somebody was named', () => {
    const base = '--stream s --cert c --key k'
    assert.throws(() => read(`${base} --client-name a.example`), {
      code: 'USAGE',
      message: /--client-name needs --client-ca or --client-fingerprint/,
    })
    assert.throws(() => read(`${base} --client-crl crl.pem --client-fingerprint ${'ab'.repeat(32)}`), {
      code: 'USAGE',
      message: /--client-crl needs --client-ca/,
    })
    assert.deepEqual(read(`${base} --client-ca ca.pem --client-name a.example`).tlsFiles?.clientNames, ['a.example'])
  })

  for (const [line, message] of [
    ['', /--stream is missing: give it, or set KINESYSLOG_STREAM/],
    ['--stream a/b', /--stream must be a name of 1 to 64 letters/],
    ['--stream s --udp-port x', /--udp-port must be a port between 0 and 65535/],
    ['--stream s --udp-port 65536', /--udp-port must be a port/],
    ['--stream s --address localhost', /--address must be an IP address/],
    ['--stream s --timezone Mars/Olympus', /--timezone must be a time zone such as UTC/],
    ['--stream s --framing maybe', /--framing must be auto, octet or line/],
    ['--stream s --fsync sometimes', /--fsync must be always, interval or off/],
    ['--stream s --max-message-size 600000', /--max-message-size must be a whole number between 480 and 524288/],
    ['--stream s --owner me', /--owner must be an AWS account of 12 digits/],
    ['--stream s --endpoint-url ftp://x', /--endpoint-url must be a URL/],
    ['--stream s --what', /unknown option/i],
  ] as const) {
    it(`refuses "${line}"`, () => {
      assert.throws(() => read(line), { code: 'USAGE', message })
    })
  }

  it('knows the ceilings of GELF and of both', () => {
    assert.deepEqual(read('--stream s --udp-port 1 --max-message-size 8192').maxMessageBytes, {
      syslog: 8192,
      gelf: 8192,
    })
  })

  it('takes IPv6 addresses, with brackets, too', () => {
    assert.equal(read('--stream s --udp-port 1 --address ::').address, '::')
    assert.equal(read('--stream s --udp-port 1 --address [::1]').address, '::1')
  })
})
