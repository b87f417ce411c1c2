import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { SocketSource } from '../../../src/sources/sockets/source.ts'
import type { TlsSettings } from '../../../src/sources/sockets/tls-settings.ts'
import { CertificateAuthority, type Pair, signedByItself } from '../../support/certificates.ts'
import { hasSettled } from '../../contracts/sink.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { type Client, SocketWorld, type WorldOptions } from '../../support/socket-world.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const server = pairOf(selfSigned())
const lockedKey = Buffer.from(
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  }).privateKey,
)
const brokenCertificate = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
const stranger = pairOf(selfSigned())
const plain: TlsSettings = {
  ...server,
  clientCa: [],
  clientCrl: [],
  clientAuth: 'none',
  clientNames: [],
  clientFingerprints: [],
}
let world: SocketWorld

async function open(tls: Partial<TlsSettings> = {}, options: Partial<WorldOptions> = {}): Promise<void> {
  world = await SocketWorld.open({ listeners: [{ transport: 'tls' }], tls: { ...plain, ...tls }, ...options })
}

/** A sender with its first messages right behind its handshake. */
async function send(pair: Pair | undefined, options: ConnectionOptions = {}): Promise<'orderly' | 'reset'> {
  const tls = { ...options, ...(pair !== undefined && { cert: pair.certificate, key: pair.key }) }
  const client = await world.connect({ tls })
  return client.finish('early\n')
}

describe('sockets: TLS', () => {
  afterEach(() => world.end())

  it('gives messages, and the receipt after close_notify when all is safe', async () => {
    await open({}, { byHand: true })
    const client = await world.connect({ tls: {} })
    const ended = client.finish('one\ntwo')
    await world.until(() => world.texts.length === 1)
    world.release()
    await world.until(() => world.texts.length === 2)
    world.release()
    assert.equal(await hasSettled(ended), false)
    world.ack()
    assert.equal(await ended, 'orderly')
    await world.until(() => world.source.openConnections === 0)
    world.checkCounts()
  })

  it('refuses the receipt by a reset', async () => {
    await open()
    const client = await world.connect({ tls: {} })
    assert.equal(await client.finish('a\n#half'), 'reset')
    assert.deepEqual(world.texts, ['a'])
    world.checkCounts()
  })

  it('takes what a sender has sent who resets right behind its handshake', async () => {
    await open()
    const raw = connect({ port: world.port(), host: '127.0.0.1' })
    const socket = connectTls({ socket: raw, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    socket.write('hasty\n')
    // Of a connection which is reset the system knows no peer any more.
    raw.resetAndDestroy()
    await world.until(() => world.texts.length === 1)
    assert.deepEqual(world.texts, ['hasty'])
    world.checkCounts()
  })

  it('reads no further while the sink accepts nothing', async () => {
    await open({}, { byHand: true })
    const client = await world.connect({ tls: {} })
    const line = `${'x'.repeat(999)}\n`
    client.send(line.repeat(10_000))
    await world.until(() => world.deliveries.length === 1)
    await world.until(() => world.source.pendingBytes > 65_536)
    assert.ok(world.source.pendingBytes < 5 * 131_072, `${world.source.pendingBytes}`)
    assert.ok(client.socket.writableLength > 0)
    world.accepts = world.settles = true
    world.release()
    world.ack()
    await world.until(() => world.texts.length === 10_000)
    assert.ok(world.deliveries.length < 10_000_000 / 16_384, 'records come joined')
    assert.equal(await client.finish(), 'orderly')
  })

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    await open()
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.equal(await send(undefined, { minVersion: version, maxVersion: version }), 'orderly')
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    assert.equal(await send(undefined, old), 'reset')
    await world.until(() => world.counter('tls_refused.handshake') === 1)
    assert.equal(world.texts.length, 2)
  })

  it('counts who speaks no TLS, and not who only looks whether somebody listens', async () => {
    await open()
    const client = await world.connect()
    client.send('<13>plain text\n')
    await client.ended
    await (await world.connect()).finish()
    await world.until(() => world.source.openConnections === 0)
    assert.equal(world.counter('tls_refused.handshake'), 1)
  })

  it('gives a handshake ten seconds', async () => {
    const clock = new VirtualClock()
    await open({}, { clock })
    const client = await world.connect()
    await world.until(() => world.source.openConnections === 1)
    await clock.advance(9000)
    assert.equal(await hasSettled(client.ended), false)
    await clock.advance(3000)
    assert.equal(await client.ended, 'reset')
    assert.equal(world.counter('tls_refused.timeout'), 1)
  })

  describe('client certificates', () => {
    let pairs: Awaited<ReturnType<typeof issueAll>>
    let strict: Partial<TlsSettings>
    let withCrl: Partial<TlsSettings>
    let withOtherCrl: Partial<TlsSettings>

    before(async () => {
      pairs = await issueAll()
      strict = { clientAuth: 'require', clientCa: [pairs.ca] }
      withCrl = { ...strict, clientCrl: [pairs.crl] }
      // A bundle: the second of two in a file.
      withOtherCrl = { ...strict, clientCa: [Buffer.concat([pairs.otherCa, pairs.ca])], clientCrl: [pairs.otherCrl] }
    })

    const withBothCrls = (): Partial<TlsSettings> => ({ ...strict, clientCrl: [pairs.crl, pairs.belowCrl] })
    const named = (name: string): Partial<TlsSettings> => ({ ...strict, clientNames: [name] })
    type Shown = readonly [settings: Partial<TlsSettings>, pair: Pair | undefined]
    const cases: readonly (readonly [what: string, refusal: string | undefined, shown: () => Shown])[] = [
      ['one of the CA', undefined, () => [strict, pairs.good]],
      ['one of the CA, with a CRL', undefined, () => [withCrl, pairs.good]],
      ['none', 'missing', () => [strict, undefined]],
      ['a self-signed one', 'self_signed', () => [strict, stranger]],
      ['one of another CA', 'unknown_ca', () => [strict, pairs.wrongCa]],
      ['an expired one', 'expired', () => [strict, pairs.expired]],
      ['one which is not valid yet', 'not_yet_valid', () => [strict, pairs.early]],
      ['a revoked one', 'revoked', () => [withCrl, pairs.revoked]],
      ['one of a CA without CRL', 'no_crl', () => [withOtherCrl, pairs.good]],
      ['a CA itself, without CRL', 'no_crl', () => [withOtherCrl, pairs.caItself]],
      ['one of a CA below, with its CA along', undefined, () => [strict, pairs.below]],
      ['one of a CA below without CRL', 'no_crl', () => [withCrl, pairs.below]],
      ['one of a CA below, with CRLs of both', undefined, () => [withBothCrls(), pairs.below]],
      ['one of a CA below, without its CA', 'unknown_ca', () => [withBothCrls(), pairs.belowAlone]],
      ['a self-signed one, with a CRL', 'self_signed', () => [withCrl, stranger]],
      ['a self-signed one which is no CA', 'self_signed', () => [strict, pairs.itself]],
      ['a self-signed one which is no CA, with a CRL', 'self_signed', () => [withCrl, pairs.itself]],
      ['one of another CA, with a CRL', 'unknown_ca', () => [withCrl, pairs.wrongCa]],
      ['one of another CA, which it sends along', 'unknown_ca', () => [strict, pairs.wrongCaAlong]],
      ['one of another CA, which it sends along, with a CRL', 'unknown_ca', () => [withCrl, pairs.wrongCaAlong]],
      ['one of a CA below another, with a CRL', 'unknown_ca', () => [withCrl, pairs.belowWrongCa]],
      ['one of a CA of the same name, with a CRL', 'unknown_ca', () => [withCrl, pairs.impostor]],
      ['one of a CA of the same name, without CRL', 'unknown_ca', () => [withOtherCrl, pairs.impostor]],
      ['an expired one, with a CRL', 'expired', () => [withCrl, pairs.expired]],
      ['an expired one of a CA without CRL', 'expired', () => [withOtherCrl, pairs.expired]],
      ['one which is not valid yet, with a CRL', 'not_yet_valid', () => [withCrl, pairs.early]],
      ['one which is not valid yet of a CA without CRL', 'not_yet_valid', () => [withOtherCrl, pairs.early]],
      ['one for servers, with a CRL', 'wrong_purpose', () => [withCrl, pairs.serverOnly]],
      ['none, with a CRL', 'missing', () => [withCrl, undefined]],
      ['another name, with a CRL', 'wrong_name', () => [{ ...withCrl, clientNames: ['b.example'] }, pairs.byName]],
      ['one for servers', 'wrong_purpose', () => [strict, pairs.serverOnly]],
      ['a listed one', undefined, () => [fingerprintOf(stranger, ':'), stranger]],
      ['a listed one beside a CA', undefined, () => [{ ...strict, ...fingerprintOf(stranger, '') }, stranger]],
      ['a self-signed one, another is listed', 'self_signed', () => [fingerprintOf(pairs.good, ':'), stranger]],
      ['one of any CA, another is listed', 'not_listed', () => [fingerprintOf(stranger, ':'), pairs.good]],
      ['a name', undefined, () => [named('A.example'), pairs.byName]],
      ['a name by wildcard', undefined, () => [named('*.example'), pairs.byName]],
      ['a common name', undefined, () => [named('a.example'), pairs.byCommonName]],
      ['a common name beside other names', 'wrong_name', () => [named('a.example'), pairs.byBoth]],
      ['another name', 'wrong_name', () => [named('b.example'), pairs.byName]],
      [
        'a listed one of another name',
        'wrong_name',
        () => [{ ...named('b'), ...fingerprintOf(stranger, ':') }, stranger],
      ],
      ['none, where it is optional', undefined, () => [{ ...strict, clientAuth: 'optional' }, undefined]],
      ['a bad one, where it is optional', 'expired', () => [{ ...strict, clientAuth: 'optional' }, pairs.expired]],
      ['a bad one, where none is asked for', undefined, () => [{ ...strict, clientAuth: 'none' }, pairs.expired]],
    ]
    for (const [what, refusal, shown] of cases) {
      it(`${refusal === undefined ? 'takes' : 'refuses'} ${what}`, async () => {
        const [settings, pair] = shown()
        await open(settings)
        for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
          assert.equal(await send(pair, { maxVersion }), refusal === undefined ? 'orderly' : 'reset')
        }
        await world.until(() => world.source.openConnections === 0)
        const refused = Object.entries(world.source.status()[0]?.counters ?? {}).filter(([name]) =>
          name.startsWith('tls_'),
        )
        assert.deepEqual(refused, refusal === undefined ? [] : [[`tls_refused.${refusal}`, 2]])
        assert.deepEqual(world.texts, refusal === undefined ? ['early', 'early'] : [])
        world.checkCounts()
      })
    }

    it('are looked at anew after a reload, sessions of before included; established connections stay', async () => {
      await open(strict)
      const client = await world.connect({ tls: { cert: pairs.revoked.certificate, key: pairs.revoked.key } })
      client.send('before\n')
      await world.until(() => world.texts.length === 1)
      world.source.reloadTls({ ...plain, ...strict, clientCrl: [pairs.crl] })
      assert.equal(await send(pairs.revoked), 'reset')
      assert.equal(await client.finish('after\n'), 'orderly')
      assert.deepEqual(world.texts, ['before', 'after'])
      assert.equal(world.counter('tls_refused.revoked'), 1)
    })

    it('leave no session behind, so that each connection is looked at', async () => {
      await open(strict)
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const pair = { cert: pairs.good.certificate, key: pairs.good.key, maxVersion, rejectUnauthorized: false }
        const sessions: Buffer[] = []
        const first = connectTls({ port: world.port(), host: '127.0.0.1', ...pair })
        first.on('session', (session) => sessions.push(session))
        await new Promise((resolve) => first.once('secureConnect', resolve))
        first.end('a\n').resume()
        await new Promise((resolve) => first.once('close', resolve))
        for (const session of sessions) {
          const second = connectTls({ port: world.port(), host: '127.0.0.1', ...pair, session })
          await new Promise((resolve) => second.once('secureConnect', resolve))
          assert.equal(second.isSessionReused(), false)
          second.destroy()
        }
      }
    })
  })

  describe('fault 26: a reload', () => {
    it('serves the new certificate to new connections', async () => {
      await open()
      assert.deepEqual(await served(), server.certificate.toString())
      world.source.reloadTls({ ...plain, ...stranger })
      assert.deepEqual(await served(), stranger.certificate.toString())
    })

    it('with a broken file throws and keeps the old one', async () => {
      await open()
      assert.throws(
        () => {
          world.source.reloadTls({ ...plain, certificate: Buffer.from('broken') })
        },
        { code: 'TLS_UNUSABLE' },
      )
      assert.deepEqual(await served(), server.certificate.toString())
    })
  })

  describe('behind a PROXY header', () => {
    const proxied: Partial<WorldOptions> = { listeners: [{ transport: 'tls', proxy: true }] }

    it('names the sender of the header', async () => {
      await open({}, proxied)
      const client = await throughProxy('PROXY 192.0.2.7 6000\n')
      assert.equal(await client.finish('a\n'), 'orderly')
      assert.deepEqual(
        world.messages.map(({ text, address, port }) => [text, address, port]),
        [['a', '192.0.2.7', 6000]],
      )
    })

    it('asks for client certificates', async () => {
      const ca = await CertificateAuthority.create('behind')
      const pair = await ca.issue()
      await open({ clientAuth: 'require', clientCa: [ca.certificate] }, proxied)
      const tls = { cert: pair.certificate, key: pair.key }
      assert.equal(await (await throughProxy('PROXY LOCAL\n', tls)).finish('a\n'), 'orderly')
      assert.equal(await (await throughProxy('PROXY LOCAL\n')).finish('b\n'), 'reset')
      assert.deepEqual([world.texts, world.counter('tls_refused.missing')], [['a'], 1])
    })

    it('takes header and ClientHello in one segment, and cut anywhere', async () => {
      await open({}, proxied)
      for (const pieceBytes of [1, 7, 100, 10_000]) {
        assert.equal(await throughRelay('PROXY 192.0.2.7 6000\n', pieceBytes), 'orderly')
      }
      assert.equal(world.texts.length, 4)
    })
  })
})

describe('TLS settings which cannot be used', () => {
  for (const [what, settings, sentence] of [
    ['no certificate', { certificate: Buffer.from('x') }, /^the TLS certificate cannot be used/],
    ['no key', { key: Buffer.from('secret') }, /^the TLS private key cannot be read/],
    ['an encrypted key', { key: lockedKey }, /^the TLS private key is encrypted/],
    ['the key of another', { key: stranger.key }, /^the TLS private key does not belong to the certificate/],
    ['no CA', { clientCa: [Buffer.from('x')], clientAuth: 'require' }, /^a client CA cannot be used \(it holds no/],
    [
      'a broken second CA in a file',
      { clientCa: [Buffer.concat([server.certificate, brokenCertificate])], clientAuth: 'require' },
      /^a client CA cannot be used/,
    ],
    [
      'no CRL',
      { clientCa: [server.certificate], clientAuth: 'require', clientCrl: [Buffer.from('x')] },
      /^a client CRL/,
    ],
    ['nobody who may come', { clientAuth: 'require' }, /^client certificates are asked for/],
    ['no fingerprint', { clientAuth: 'require', clientFingerprints: ['ab:cd'] }, /^"ab:cd" is no fingerprint/],
  ] as const) {
    it(`are told at the start: ${what}`, () => {
      assert.throws(
        () => createSource({ ...plain, ...settings }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'TLS_UNUSABLE')
          assert.match(error.message, sentence)
          assert.doesNotMatch(error.message, /secret|\n/)
          return true
        },
      )
    })
  }

  it('are told at the start: none at all', () => {
    assert.throws(() => createSource(undefined), { code: 'TLS_UNUSABLE' })
  })
})

function createSource(tls: TlsSettings | undefined): SocketSource {
  const never = (): never => assert.fail()
  return new SocketSource({
    listeners: [{ transport: 'tls', format: 'syslog', address: '127.0.0.1', port: 0, proxy: false }],
    createFramer: never,
    createDatagramReader: never,
    createProxyHeader: never,
    ...(tls !== undefined && { tls }),
    clock: new VirtualClock(),
    logger: { debug: never, info: never, warn: never, error: never },
    stop: new AbortController().signal,
  })
}

async function issueAll() {
  const good = await CertificateAuthority.create('good')
  const other = await CertificateAuthority.create('other')
  const below = await CertificateAuthority.create('below', good)
  const belowOther = await CertificateAuthority.create('below', other)
  const impostor = await CertificateAuthority.create('good')
  const revoked = await good.issue()
  const belowAlone = await below.issue()
  const wrongCa = await other.issue()
  return {
    ca: good.certificate,
    otherCa: other.certificate,
    caItself: good.pair,
    itself: await signedByItself(),
    below: withChain(belowAlone, below),
    belowAlone,
    belowCrl: await below.revoke(),
    belowWrongCa: withChain(await belowOther.issue(), belowOther),
    impostor: withChain(await impostor.issue(), impostor),
    wrongCaAlong: withChain(wrongCa, other),
    good: await good.issue(),
    revoked,
    crl: await good.revoke(revoked),
    wrongCa,
    otherCrl: await other.revoke(),
    expired: await good.issue({ from: new Date('2020-01-01'), until: new Date('2020-01-02') }),
    early: await good.issue({ from: new Date('2049-01-01'), until: new Date('2049-01-02') }),
    serverOnly: await good.issue({ usage: 'serverAuth' }),
    byName: await good.issue({ names: ['x.test', 'a.example'], commonName: 'nobody' }),
    byCommonName: await good.issue({ commonName: 'a.example' }),
    byBoth: await good.issue({ names: ['b.test'], commonName: 'a.example' }),
  }
}

/** The certificate, and these sent along. */
function withChain({ certificate, key }: Pair, ...above: readonly CertificateAuthority[]): Pair {
  return { certificate: Buffer.concat([certificate, ...above.map((ca) => ca.certificate)]), key }
}

function pairOf({ cert, key }: { readonly cert: string; readonly key: string }): Pair {
  return { certificate: Buffer.from(cert), key: Buffer.from(key) }
}

function fingerprintOf({ certificate }: Pair, separator: string): Partial<TlsSettings> {
  const { fingerprint256 } = new X509Certificate(certificate)
  const text = separator === '' ? fingerprint256.replaceAll(':', '').toLowerCase() : fingerprint256
  return { clientAuth: 'require', clientFingerprints: [text] }
}

async function served(): Promise<string> {
  const socket = connectTls({ port: world.port(), host: '127.0.0.1', rejectUnauthorized: false })
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  const certificate = socket.getPeerX509Certificate()?.toString() ?? ''
  socket.destroy()
  return certificate
}

async function throughProxy(header: string, tls: ConnectionOptions = {}): Promise<Client> {
  return world.connect({ tls, before: header })
}

/** A relay in front which sends header and first bytes in pieces of that size. */
async function throughRelay(header: string, pieceBytes: number): Promise<'orderly' | 'reset'> {
  const relay = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: world.port(), host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    far.pipe(near)
    near.once('data', (hello) => {
      const bytes = Buffer.concat([Buffer.from(header), hello])
      const next = (at: number): void => {
        if (at < bytes.length) far.write(bytes.subarray(at, at + pieceBytes), () => setImmediate(next, at + pieceBytes))
        else near.pipe(far)
      }
      next(0)
    })
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const { port } = relay.address() as { port: number }
  const client = await world.connect({ tls: {}, port })
  const ended = await client.finish('a\n')
  relay.close()
  return ended
}
