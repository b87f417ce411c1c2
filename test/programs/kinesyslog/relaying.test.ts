import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RelayWorld } from '../../support/relay-world.ts'

describe('kinesyslog listen', () => {
  let world: RelayWorld

  beforeEach(async () => {
    world = await RelayWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  it('takes syslog by TCP and UDP and GELF beside it, and delivers each message with time, port and sender', async () => {
    const running = await world.listening(['--tcp-port=514', '--udp-port=514', '--gelf-udp-port=12201'], 3)
    const syslog = '<13>1 2018-02-21T21:07:50.239881+00:00 host.example.com user 4326 - - Hello, World!'
    assert.equal(await world.send(514, `${syslog}\n`), 'orderly')
    await world.sendDatagrams(514, ['<13>by datagram'])
    await world.sendDatagrams(12201, ['{"version":"1.1","host":"h","short_message":"hi","timestamp":1519247270.24}'])
    const { code, stderr } = await world.stop(running)
    assert.equal(code, 0, stderr)
    const events = world.events()
    assert.deepEqual(
      events.map(({ group, stream, owner, message }) => [group, stream, owner, message.slice(0, 20)]).sort(),
      [
        ['/kinesyslog/gelf/12201', '127.0.0.1', '123456789012', '{"version":"1.1","ho'],
        ['/kinesyslog/syslog/514', '127.0.0.1', '123456789012', '<13>1 2018-02-21T21:'],
        ['/kinesyslog/syslog/514', '127.0.0.1', '123456789012', '<13>by datagram'],
      ],
    )
    assert.equal(events.find(({ message }) => message === syslog)?.timestamp, 1519247270240)
    assert.equal(events.find(({ group }) => group.includes('gelf'))?.timestamp, 1519247270240)
    assert.equal(new Set(events.map(({ id }) => id)).size, 3)
  })

  it('is not ended by a SIGHUP which comes before it listens', async () => {
    world.firehose.faults.inject({ operation: 'GetCallerIdentity', fault: { kind: 'delay', ms: 300 } })
    const running = world.run(['--tcp-port=514'])
    await running.until('the spool', () => running.stderr.includes('at=spool'))
    running.child.kill('SIGHUP')
    await running.until('listening', () => running.stderr.includes('at=listening'))
    assert.equal((await world.stop(running)).code, 0)
  })

  it('leaves nothing behind when all is delivered', async () => {
    const running = await world.listening(['--tcp-port=514'])
    await world.send(514, Array.from({ length: 10_000 }, (_, i) => `<13>message ${i}\n`).join(''))
    await world.stop(running)
    const messages = world.messages()
    assert.deepEqual(
      messages,
      Array.from({ length: 10_000 }, (_, i) => `<13>message ${i}`),
    )
    const spool = join(world.folder, 'us-east-1-logs')
    assert.deepEqual([readdirSync(join(spool, 'journal')), readdirSync(join(spool, 'records'))], [[], []])
  })

  it('shows its numbers and its health', async () => {
    const running = await world.listening(['--tcp-port=514', '--gelf-udp-port=12201', '--prometheus-port=9100'], 2)
    // The first of two chunks; it is there before the connection ends.
    await world.sendDatagrams(12201, [Buffer.from('1e0f000102030405060700027b', 'hex')])
    await world.send(514, '<13>a\n<13>b\n50 <13>cut')
    const { text } = await world.page(9100, '/metrics')
    const labels = 'transport="tcp",format="syslog",port="514"'
    for (const line of [
      `kinesyslog_received_total{${labels}} 3`,
      `kinesyslog_accepted_total{${labels}} 2`,
      `kinesyslog_discarded_total{${labels},reason="partial_frame"} 1`,
      'kinesyslog_listener_count 2',
      'kinesyslog_gelf_pending{port="12201"} 1',
      'kinesyslog_message_count_total{port="514",source="127.0.0.1"} 2',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line}\n${text}`)
    }
    assert.deepEqual(await world.page(9100, '/healthz'), { status: 200, text: 'ok\n' })
    assert.deepEqual(await world.page(9100, '/readyz'), { status: 200, text: 'ok\n' })
    await world.stop(running)
  })
})
