import assert from 'node:assert/strict'
import { readSyslogSettings, type SyslogSettings } from '../../../src/wiring/inputs/kinloader-syslog-settings.ts'

const none = { host: undefined, source: undefined, sourcetype: undefined, index: undefined }
const fingerprint = Array.from({ length: 32 }, () => 'ab').join(':')

function read(params: Record<string, string>, splunkHome?: string): SyslogSettings {
  return readSyslogSettings(new Map(Object.entries(params)), splunkHome)
}

function refusal(params: Record<string, string>): string {
  try {
    read(params)
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'BAD_SETTING')
    return (error as Error).message
  }
  return assert.fail(`accepted ${JSON.stringify(params)}`)
}

/** `udp/514 gelf proxy` */
function listeners(params: Record<string, string>): string[] {
  return read({ certificate: '/c', private_key: '/k', ...params }).listeners.map(
    ({ transport, format, port, proxy }) => `${transport}/${port} ${format}${proxy ? ' proxy' : ''}`,
  )
}

describe('the settings of the input kinloader_syslog', () => {
  it('need no more than a port', () => {
    assert.deepEqual(read({ udp_ports: '514' }), {
      listeners: [{ transport: 'udp', format: 'syslog', address: '0.0.0.0', port: 514, proxy: false }],
      tlsFiles: undefined,
      framing: 'auto',
      maxMessageBytes: { syslog: 65_536, gelf: 524_288 },
      maxConnections: 1000,
      idleTimeoutMs: 0,
      allow: [],
      proxyTrusted: [],
      udpReceiveBufferBytes: 4_194_304,
      timeZone: 'UTC',
      holdBackMs: 2000,
      metricsIntervalMs: 60_000,
      override: none,
      stanza: none,
    } satisfies SyslogSettings)
  })

  it('take empty fields for absent ones, and no placeholder of splunkd for a value', () => {
    const empty = { tcp_ports: ' ', max_message_size: '', address: '', client_auth: '', certificate: '' }
    const splunkds = { host: '$decideOnStartup', index: 'default', start_by_shell: 'false', interval: '30' }
    assert.deepEqual(read({ udp_ports: '514', ...empty, ...splunkds }), read({ udp_ports: '514' }))
  })

  it('take ports of six kinds, separated by anything, each once', () => {
    assert.deepEqual(
      listeners({
        udp_ports: '514,1514',
        tcp_ports: '514 514',
        tls_ports: '6514 ,\t6515',
        gelf_udp_ports: '12201',
        gelf_tcp_ports: '12201',
        gelf_tls_ports: '12202',
        proxy_protocol_ports: '514 12202',
      }),
      [
        'udp/514 syslog',
        'udp/1514 syslog',
        'tcp/514 syslog proxy',
        'tls/6514 syslog',
        'tls/6515 syslog',
        'udp/12201 gelf',
        'tcp/12201 gelf',
        'tls/12202 gelf proxy',
      ],
    )
  })

  it('refuse no port, and ports which are none, not free to use, or not there', () => {
    assert.match(refusal({}), /^Correct the settings of this input: no port is given: set udp_ports, .*\.$/)
    for (const ports of ['0', '65536', '-1', 'syslog', '1;2', '1.5']) {
      assert.match(refusal({ tcp_ports: ports }), /: tcp_ports must be ports between 1 and 65535, [^;]*\.$/)
    }
    assert.match(
      refusal({ tcp_ports: '514', gelf_tcp_ports: '514' }),
      /: the TCP port 514 stands in tcp_ports and in gelf_tcp_ports: leave it out of one\.$/,
    )
    assert.match(
      refusal({ udp_ports: '514', proxy_protocol_ports: '514' }),
      /: proxy_protocol_ports names 514, which is none of the TCP and TLS ports: name it there, too\.$/,
    )
  })

  it('name all that is wrong in one sentence', () => {
    const message = refusal({
      udp_ports: '514',
      address: 'localhost',
      framing: 'lines',
      max_message_size: '524289',
      max_connections: '0',
      idle_timeout: 'soon',
      allow: '10.0.0.0/33',
      proxy_trusted: 'balancer',
      udp_recv_buffer: '4MiB',
      timezone: '+05:30',
      hold_back: '-1s',
      metrics_interval: '1ms',
      client_auth: 'perhaps',
    })
    assert.equal(message.split('; ').length, 12)
    assert.ok(!message.slice(0, -1).includes('.\n'))
  })

  it('expect a certificate where there is TLS, and read none where there is not', () => {
    assert.match(refusal({ tls_ports: '6514' }), /: TLS ports need certificate and private_key\.$/)
    assert.match(refusal({ tls_ports: '6514', certificate: '/c' }), /TLS ports need/)
    assert.match(refusal({ gelf_tls_ports: '6514', private_key: '/k' }), /TLS ports need/)
    assert.equal(read({ udp_ports: '514', certificate: '/c', private_key: '/k' }).tlsFiles, undefined)
    assert.deepEqual(read({ tls_ports: '6514', certificate: '/a b/c', private_key: '/k' }).tlsFiles, {
      certificateFile: '/a b/c',
      keyFile: '/k',
      clientCaFiles: [],
      clientCrlFiles: [],
      clientAuth: 'none',
      clientNames: [],
      clientFingerprints: [],
    })
  })

  it('demand client certificates as soon as something says which are good', () => {
    const base = { tls_ports: '6514', certificate: '/c', private_key: '/k' }
    const auth = (params: Record<string, string>): string | undefined =>
      read({ ...base, ...params }).tlsFiles?.clientAuth
    assert.equal(auth({ client_ca: '/ca one, /ca two' }), 'require')
    assert.deepEqual(read({ ...base, client_ca: '/ca one, /ca two' }).tlsFiles?.clientCaFiles, ['/ca one', '/ca two'])
    assert.equal(auth({ client_fingerprints: fingerprint }), 'require')
    assert.equal(auth({ client_ca: '/ca', client_auth: 'Optional' }), 'optional')
    assert.equal(auth({ client_ca: '/ca', client_auth: 'none' }), 'none')
    for (const client_auth of ['require', 'optional']) {
      assert.match(refusal({ ...base, client_auth }), /nobody could be let in\.$/)
    }
    assert.match(refusal({ ...base, client_names: '*.example.com' }), /: client_names needs /)
    assert.match(refusal({ ...base, client_crl: '/crl' }), /: client_crl needs client_ca\.$/)
    assert.match(refusal({ ...base, client_fingerprints: 'ab:cd' }), /: client_fingerprints must be SHA-256 /)
  })

  it('take absolute paths, and $SPLUNK_HOME for what it is', () => {
    const base = { tls_ports: '6514', private_key: '/k' }
    const certificate = '$SPLUNK_HOME/etc/auth/server.pem'
    assert.equal(read({ ...base, certificate }, '/opt/$&').tlsFiles?.certificateFile, '/opt/$&/etc/auth/server.pem')
    for (const path of ['server.pem', '$SPLUNK_HOMES/x', certificate]) {
      assert.match(refusal({ ...base, certificate: path }), /: certificate must be an absolute path, /)
    }
  })

  it('take addresses of both kinds, blocks, and a zone in any spelling', () => {
    const settings = read({
      udp_ports: '514',
      address: '[::1]',
      allow: '10.0.0.0/8, 2001:db8::/32 192.0.2.1',
      timezone: 'europe/berlin',
      idle_timeout: '5m',
      max_message_size: '2048',
    })
    assert.equal(settings.listeners[0]?.address, '::1')
    assert.deepEqual(settings.allow, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'])
    assert.equal(settings.timeZone, 'Europe/Berlin')
    assert.equal(settings.idleTimeoutMs, 300_000)
    assert.deepEqual(settings.maxMessageBytes, { syslog: 2048, gelf: 2048 })
  })
})
