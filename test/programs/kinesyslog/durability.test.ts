import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startFakeFirehose } from '../../fakes/firehose/http-door.ts'
import { RelayWorld } from '../../support/relay-world.ts'
import type { CommandProcess } from '../../support/spawned-command.ts'

const args = ['--tcp-port=514', '--udp-port=514', '--prometheus-port=9100'] as const

describe('kinesyslog listen keeps', function () {
  this.timeout(30_000)
  let world: RelayWorld

  beforeEach(async () => {
    world = await RelayWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  const spool = (...names: readonly string[]): string => join(world.folder, 'us-east-1-logs', ...names)

  function lines(name: string, count: number): readonly string[] {
    return Array.from({ length: count }, (_, i) => `<13>${name} ${i}`)
  }

  async function send(messages: readonly string[]): Promise<void> {
    assert.equal(await world.send(514, messages.map((text) => `${text}\n`).join('')), 'orderly')
  }

  async function delivered(running: CommandProcess, messages: readonly string[]): Promise<void> {
    while (new Set(world.messages()).size < messages.length) {
      assert.equal(running.child.exitCode, null, running.stderr)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.deepEqual([...new Set(world.messages())].sort(), [...messages].sort())
  }

  /** Each message that came was accepted, dropped or discarded, as soon as none is on its way. */
  async function assertBalanced(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const { text } = await world.page(9100, '/metrics')
      const sum = (name: string): number =>
        text
          .split('\n')
          .filter((line) => line.startsWith(`kinesyslog_${name}_total`))
          .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
      assert.ok(sum('received') > 0, text)
      const settled = sum('accepted') + sum('dropped') + sum('discarded')
      if (sum('received') === settled) return
      assert.ok(tries < 100, text)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  it('fault 17: what waits when Firehose is away, and uploads it without new traffic when it is back', async () => {
    const { endpoint } = world.firehose
    const port = Number(new URL(endpoint).port)
    await world.firehose.close()
    const sent = lines('away', 1000)
    const first = await world.listening(args, 2)
    await send(sent)
    await assertBalanced()
    // Leftovers of a process which nobody let end.
    await first.kill('SIGKILL')
    const second = await world.listening(args, 2)
    const back = await startFakeFirehose({ port })
    try {
      while (back.records().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      const { code, stderr } = await world.stop(second)
      assert.equal(code, 0, stderr)
      const messages = back
        .documents()
        .flatMap((document) => (document as { logEvents: { message: string }[] }).logEvents)
        .map(({ message }) => message)
      assert.deepEqual([...new Set(messages)].sort(), [...sent].sort())
    } finally {
      await back.close()
    }
  })

  it('the rest when a segment of the journal is damaged, and sets that aside', async () => {
    world.firehose.faults.inject({ fault: { kind: 'throttle' }, times: Infinity })
    const slow = ['--buffer-seconds=60', ...args]
    const [one, other] = [lines('one', 100), lines('other', 100)]
    for (const messages of [one, other]) {
      const running = await world.listening(slow, 2)
      await send(messages)
      await running.kill('SIGKILL')
      const segments = readdirSync(spool('journal'))
      if (messages === one) assert.equal(segments.length, 1)
    }
    const last = readdirSync(spool('journal')).sort().at(-1) ?? assert.fail()
    const bytes = readFileSync(spool('journal', last))
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20)
    writeFileSync(spool('journal', last), bytes)
    world.firehose.faults.clear()
    const running = await world.listening(args, 2)
    await delivered(running, one)
    const { code, stderr } = await world.stop(running)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /quarantine/)
    assert.deepEqual(readdirSync(spool('quarantine')).length, 1)
    assert.deepEqual(readdirSync(spool('journal')), [])
  })

  it('fault 20: an unreadable record file blocks no other', async () => {
    world.firehose.faults.inject({ fault: { kind: 'error', name: 'AccessDeniedException' }, times: Infinity })
    const first = await world.listening(args, 2)
    await send(lines('good', 10))
    await world.stop(first)
    const [name = assert.fail()] = readdirSync(spool('records'))
    // A folder in its place, which even root cannot read as a file.
    mkdirSync(spool('records', name.replace(/-[a-z0-9]{8}$/, '-aaaaaaaa')))
    world.firehose.faults.clear()
    const second = await world.listening(args, 2)
    await delivered(second, lines('good', 10))
    assert.equal((await world.stop(second)).code, 0)
  })

  it('fault 21: what it took when the spool is full, holds senders back and goes on when there is room', async () => {
    world.firehose.faults.inject({ fault: { kind: 'error', name: 'AccessDeniedException' }, times: Infinity })
    const quota = ['--spool-max-bytes=16777216', '--fsync=always']
    const running = await world.listening([...args, ...quota], 2)
    // Text which does not compress, twice what the spool holds.
    const sent = Array.from({ length: 4000 }, (_, i) => `<13>${i} ${randomBytes(6000).toString('base64')}`)
    const quarter = sent.length / 4
    const ends = Array.from({ length: 4 }, (_, i) =>
      world.send(
        514,
        sent
          .slice(i * quarter, (i + 1) * quarter)
          .map((text) => `${text}\n`)
          .join(''),
      ),
    )
    while ((await world.page(9100, '/healthz')).status !== 503) await new Promise((resolve) => setTimeout(resolve, 20))
    world.firehose.faults.clear()
    // What is refused is tried again each minute; a new start does not wait.
    const { code } = await world.stop(running)
    assert.equal(code, 0)
    const second = await world.listening([...args, ...quota], 2)
    assert.equal(await world.send(514, '<13>more\n'), 'orderly')
    assert.equal((await world.stop(second)).code, 0)
    const arrived = new Set(world.messages())
    for (const [i, end] of (await Promise.all(ends)).entries()) {
      const part = sent.slice(i * quarter, (i + 1) * quarter)
      if (end === 'orderly') assert.ok(part.every((message) => arrived.has(message)))
    }
    assert.ok(arrived.has('<13>more'))
  })

  it('the original’s files with --spool-import, and only then', async () => {
    const document = {
      owner: '000000000000',
      logGroup: '/kinesyslog/syslog/6514',
      logStream: '192.0.2.1',
      subscriptionFilters: ['/kinesyslog/syslog/6514'],
      messageType: 'DATA_MESSAGE',
      logEvents: [{ id: '1', timestamp: 1, message: '<13>of the original' }],
    }
    writeFileSync(join(world.folder, 'firehose_event-abcd1234'), gzipSync(JSON.stringify(document)))
    await world.stop(await world.listening(args, 2))
    assert.deepEqual(world.messages(), [])
    await world.stop(await world.listening([...args, '--spool-import'], 2))
    assert.deepEqual(world.messages(), ['<13>of the original'])
    assert.ok(!existsSync(join(world.folder, 'firehose_event-abcd1234')))
  })

  it('senders apart within one record with --pack-records', async () => {
    const running = await world.listening([...args, '--tcp-port=515', '--pack-records', '--buffer-seconds=60'], 3)
    await world.send(514, '<13>a\n')
    await world.send(515, '<13>b\n')
    await world.sendDatagrams(514, ['<13>c'])
    await assertBalanced()
    assert.equal((await world.stop(running)).code, 0)
    assert.equal(world.firehose.records().length, 1)
    assert.deepEqual(
      world
        .events()
        .map(({ group, message }) => `${group} ${message}`)
        .sort(),
      ['/kinesyslog/syslog/514 <13>a', '/kinesyslog/syslog/514 <13>c', '/kinesyslog/syslog/515 <13>b'],
    )
  })

  it('going when STS is away, with an owner of zeros', async () => {
    const fault = { kind: 'error', name: 'AccessDenied', status: 403 } as const
    world.firehose.faults.inject({ fault, operation: 'GetCallerIdentity', times: Infinity })
    const running = await world.listening(args, 2)
    assert.match(running.stderr, /WARN at=owner/)
    await send(['<13>whose'])
    assert.equal((await world.stop(running)).code, 0)
    assert.deepEqual(
      world.events().map(({ owner, message }) => [owner, message]),
      [['000000000000', '<13>whose']],
    )
  })

  it('its numbers in balance: truncated, discarded and refused messages are counted', async () => {
    const running = await world.listening([...args, '--max-message-size=480'], 2)
    const long = 'x'.repeat(1000)
    assert.equal(await world.send(514, `<13>a\n<13>${long}\n5 <13>b1004 <13>${long}<13>c\n50 <13>cut`), 'reset')
    assert.equal(await world.send(514, 'GET / HTTP/1.1\r\n\r\n'), 'orderly')
    await world.sendDatagrams(514, ['<13>d', '', '\n'])
    await assertBalanced()
    assert.equal((await world.stop(running)).code, 0)
    const cut = `<13>${long}`.slice(0, 480)
    assert.deepEqual([...world.messages()].sort(), ['<13>a', '<13>b', '<13>c', '<13>d', cut, cut].sort())
  })

  it('everything on the disk when Firehose is out of reach at the end, exit code 0; a second signal ends it at once', async () => {
    const port = Number(new URL(world.firehose.endpoint).port)
    await world.firehose.close()
    const running = await world.listening(args, 2)
    const sent = lines('kept', 1000)
    await send(sent)
    running.child.kill('SIGTERM')
    // All is in record files, and it waits for Firehose.
    while (readdirSync(spool('journal')).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const { code, signal } = await running.kill('SIGTERM')
    assert.deepEqual([code, signal], [143, null])
    assert.equal(readdirSync(spool('records')).length, 1)
    const back = await startFakeFirehose({ port })
    try {
      assert.equal((await world.stop(await world.listening(args, 2))).code, 0)
      const documents = back.documents() as { logEvents: { message: string }[] }[]
      assert.deepEqual(
        documents.flatMap(({ logEvents }) => logEvents.map(({ message }) => message)),
        sent,
      )
    } finally {
      await back.close()
    }
  })
})
