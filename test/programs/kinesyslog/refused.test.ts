import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { bundledCommands } from '../../support/bundled-commands.ts'
import { RelayWorld } from '../../support/relay-world.ts'
import { selfSigned } from '../../support/self-signed.ts'
import type { CommandEnd } from '../../support/spawned-command.ts'

const nobody = 65_534
const isRoot = process.getuid?.() === 0
const portsFile = '/proc/sys/net/ipv4/ip_unprivileged_port_start'

describe('kinesyslog listen refuses', function () {
  this.timeout(40_000)
  let world: RelayWorld
  const path = (name: string): string => join(world.folder, name)

  before(async () => {
    world = await RelayWorld.start({ streams: { logs: {}, going: { status: 'DELETING' } } })
    const [one, other] = [selfSigned(), selfSigned()]
    writeFileSync(path('cert.pem'), one.cert)
    writeFileSync(path('key.pem'), one.key)
    writeFileSync(path('other.pem'), other.key)
    writeFileSync(path('garbage.pem'), 'garbage')
    mkdirSync(path('real'))
    mkdirSync(path('linked'))
    symlinkSync(path('real'), join(path('linked'), 'us-east-1-logs'))
  })

  after(async () => {
    await world.close()
  })

  /** One sentence of the program's own, which says this, and its exit code. */
  function assertRefused({ code, stderr }: CommandEnd, expected: number, says: RegExp): void {
    assert.equal(code, expected, stderr)
    const said = stderr.split('\n').filter((line) => line.startsWith('kinesyslog listen: '))
    assert.equal(said.length, 1, stderr)
    assert.match(said[0] ?? '', says)
    assert.match(said[0] ?? '', /\.$/)
    assert.doesNotMatch(stderr, /^\s+at |node:internal|\[object|undefined/m)
  }

  const tls = (cert: string, key: string): string[] => [`--cert=${path(cert)}`, `--key=${path(key)}`]

  const refusals: readonly [string, () => readonly string[], Record<string, string>, number, RegExp][] = [
    ['TLS which was asked for without a certificate', () => ['--tls-port=6514'], {}, 78, /give --cert and --key/],
    [
      'a certificate which is not there',
      () => tls('none.pem', 'key.pem'),
      {},
      78,
      /none\.pem cannot be read \(ENOENT\)/,
    ],
    ['a certificate which is none', () => tls('garbage.pem', 'key.pem'), {}, 78, /certificate/],
    ['a key which is none', () => tls('cert.pem', 'garbage.pem'), {}, 78, /key/],
    ["a key which is another certificate's", () => tls('cert.pem', 'other.pem'), {}, 78, /key/],
    [
      'a client CA which is none',
      () => [...tls('cert.pem', 'key.pem'), `--client-ca=${path('garbage.pem')}`],
      {},
      78,
      /CA/,
    ],
    ['a stream which is not there', () => ['--udp-port=9000', '--stream=other'], {}, 78, /other/],
    ['a stream which is being deleted', () => ['--udp-port=9000', '--stream=going'], {}, 78, /being deleted/],
    ['to start without a region', () => ['--udp-port=9000'], { AWS_REGION: '' }, 78, /No AWS region is known/],
    [
      'a spool folder which is not there',
      () => ['--udp-port=9000', `--spool-dir=${path('none')}`],
      {},
      78,
      /is not there/,
    ],
    [
      'a spool folder which is a file',
      () => ['--udp-port=9000', `--spool-dir=${path('cert.pem')}`],
      {},
      78,
      /cert\.pem/,
    ],
    [
      'a spool behind a symbolic link',
      () => ['--udp-port=9000', `--spool-dir=${path('linked')}`],
      {},
      78,
      /not safe to use/,
    ],
    [
      'a PROXY port which is none of its ports',
      () => ['--udp-port=9000', '--proxy-protocol=9000'],
      {},
      78,
      /9000 is no TCP or TLS port/,
    ],
    ['to listen on nothing', () => [], {}, 78, /nothing to listen on/],
    ['a name which is no stream’s', () => ['--udp-port=9000', '--stream=a b'], {}, 2, /--stream/],
    ['a port which is none', () => ['--udp-port=99999'], {}, 2, /--udp-port/],
    ['a port which is none, in the environment', () => [], { KINESYSLOG_UDP_PORT: 'x' }, 2, /--udp-port/],
    ['a switch which says neither yes nor no', () => ['--udp-port=9000'], { KINESYSLOG_GELF: 'perhaps' }, 2, /gelf/i],
    ['a flag which there is not', () => ['--nothing'], {}, 2, /--nothing/],
  ]
  for (const [what, args, env, code, says] of refusals) {
    it(`${what}: exit code ${code}`, async () => {
      assertRefused(await world.run(args(), env).end, code, says)
    })
  }

  it('bad credentials: exit code 78', async () => {
    const fault = { kind: 'error', name: 'UnrecognizedClientException' } as const
    // It asks once more: the refusal corrects its clock.
    world.firehose.faults.inject({ fault, operation: 'DescribeDeliveryStream', times: 2 })
    assertRefused(await world.run(['--udp-port=9000']).end, 78, /key|credentials/i)
  })

  it('fault 10: everything which is wrong at once, in one sentence each', async () => {
    const { code, stderr } = await world.run([
      '--tls-port=6514',
      '--tcp-port=9000',
      '--gelf-tcp-port=9000',
      '--proxy-protocol=7',
    ]).end
    assert.equal(code, 78)
    for (const says of [/TLS needs a certificate/, /9000 is asked for twice/, /--proxy-protocol 7 is no/])
      assert.match(stderr, says)
  })

  describe('ports which another program has', () => {
    let other: Server
    beforeEach(async () => {
      other = createServer().listen(9001, world.address)
      await once(other, 'listening')
    })
    afterEach(() => {
      other.close()
    })

    it('when those are all: exit code 78', async () => {
      assertRefused(await world.run(['--tcp-port=9001']).end, 78, /9001/)
    })

    it('with --strict when it is one: exit code 78', async () => {
      assertRefused(await world.run(['--tcp-port=9001', '--tcp-port=9002', '--strict']).end, 78, /9001/)
    })

    it('else it serves the others, and says so', async () => {
      const running = await world.listening(['--tcp-port=9001', '--tcp-port=9002'])
      await running.until('what is wrong', () => /9001.*effect="the other listeners serve"/.test(running.stderr))
      assert.equal(await world.send(9002, '<13>served\n'), 'orderly')
      assert.equal((await world.stop(running)).code, 0)
      assert.ok(world.messages().includes('<13>served'))
    })

    it('when it is the port of the metrics: exit code 78', async () => {
      assertRefused(await world.run(['--tcp-port=9002', '--prometheus-port=9001']).end, 78, /9001/)
    })
  })

  it('fault 14: a second instance of the same stream, exit code 78, and the first goes on', async () => {
    const first = await world.listening(['--tcp-port=9000'])
    assertRefused(await world.run(['--tcp-port=9002']).end, 78, /in use by process \d+/)
    assert.equal(await world.send(9000, '<13>still here\n'), 'orderly')
    assert.equal((await world.stop(first)).code, 0)
    assert.ok(world.messages().includes('<13>still here'))
  })

  // Only root may become somebody else.
  if (isRoot) {
    describe('as another user', () => {
      before(async () => {
        // The folders are root's own.
        for (const folder of [world.folder, await bundledCommands(), dirname(await bundledCommands())])
          chmodSync(folder, 0o755)
        mkdirSync(path('nobody'))
        chownSync(path('nobody'), nobody, nobody)
        mkdirSync(path('theirs'), { mode: 0o755 })
        chmodSync(path('key.pem'), 0o600)
      })
      const run = (args: readonly string[]): Promise<CommandEnd> =>
        world.run([`--spool-dir=${path('nobody')}`, ...args], { HOME: path('nobody') }, { uid: nobody }).end

      it('a spool folder it may not write: exit code 77', async () => {
        assertRefused(await run([`--spool-dir=${path('theirs')}`, '--udp-port=9000']), 77, /theirs/)
      })

      it('a key it may not read: exit code 77', async () => {
        assertRefused(await run(tls('cert.pem', 'key.pem')), 77, /key\.pem may not be read/)
      })

      if (Number(readFileSync(portsFile, 'utf8')) > 514) {
        it('a port below 1024: exit code 77', async () => {
          assertRefused(await run(['--tcp-port=514']), 77, /514/)
        })
      }

      it('and runs well with what it may', async () => {
        const running = world.run([`--spool-dir=${path('nobody')}`, '--udp-port=9000'], {}, { uid: nobody })
        await running.until('listening', () => running.stderr.includes('at=listening'))
        assert.equal((await world.stop(running)).code, 0)
        const { uid, mode } = statSync(join(path('nobody'), 'us-east-1-logs'))
        assert.deepEqual([uid, mode & 0o777], [nobody, 0o700])
      })
    })
  }
})
