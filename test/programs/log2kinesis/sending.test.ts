import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Log2KinesisWorld } from '../../support/log2kinesis-world.ts'

describe('log2kinesis send', () => {
  let world: Log2KinesisWorld

  beforeEach(async () => {
    world = await Log2KinesisWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  it('sends each line as an event with the metadata of the flags', async () => {
    const flags = ['--stream-name=logs', '--source=s', '--sourcetype=t', '--host=h', '--index=i']
    const { code, stdout, stderr } = await world.here(['send', ...flags], { stdin: 'one\n\ntwo' })
    assert.deepEqual([code, stdout, stderr], [0, '', ''])
    const events = world.events()
    assert.deepEqual(
      events.map(({ message, ...rest }) => [String(message).replace(/^\S+ /, ''), rest]),
      ['one\n', 'two\n'].map((text) => [text, { source: 's', sourcetype: 't', host: 'h', index: 'i' }]),
    )
    // The time is a prefix of the text and nothing else.
    for (const { message } of events) assert.match(String(message), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ (one|two)\n$/)
  })

  it('takes everything from the environment, too', async () => {
    const env = {
      LOG_KINESIS_STREAM: 'logs',
      LOG_SOURCE: 'es',
      LOG_SOURCETYPE: 'et',
      LOG_HOST: 'eh',
      LOG_INDEX: 'ei',
      TIMESTAMP_FMT: '[%Y]',
      SPLIT_MODE: 'regex',
      SPLIT_REGEX: '^B',
      MAX_EVENT_LINES: '2',
      CMD_CAPTURE: 'stderr',
    }
    const { code, stdout } = await world.run(['send', 'sh', '-c', 'echo out; printf "B1\nc\nd\nB2" >&2'], { env }).end
    assert.deepEqual([code, stdout], [0, 'out\n'])
    const metadata = { source: 'es', sourcetype: 'et', host: 'eh', index: 'ei' }
    const year = `[${new Date().getUTCFullYear()}] `
    assert.deepEqual(
      world.events().map((event) => ({ ...event, message: String(event.message).replace(year, '') })),
      ['B1\nc\n', 'd\n', 'B2\n'].map((message) => ({ message, ...metadata })),
    )
  })

  it('sends nothing of nothing, and the name of this machine otherwise', async () => {
    assert.deepEqual(await world.sendHere([], ''), { code: 0, stdout: '', stderr: '' })
    assert.deepEqual(world.events(), [])
    await world.sendHere(['--no-probe'], 'x')
    assert.deepEqual(world.events(), [{ message: 'x\n', source: 'test', sourcetype: 'generic', host: hostname() }])
    // The probe of the first run, and the record of the second.
    assert.equal(world.engine.stream('logs').shards[0]?.records.length, 2)
  })

  it('leaves binary garbage as it is', async () => {
    const garbage = randomBytes(300_000)
    const { code } = await world.sendHere(['--split-mode=none', '--max-lines=0'], garbage)
    assert.equal(code, 0)
    const lines = `${garbage.toString('latin1').replaceAll('\r\n', '\n')}\n`
    assert(Buffer.from(lines, 'latin1').equals(world.bytes()))
  })

  it('sends a line of 900 kB as one event, and one of 3 MB as three', async () => {
    // Hexadecimal digits of random bytes: gzip takes nothing off but what base64 has added.
    const long = randomBytes(450_000).toString('hex')
    const random = randomBytes(2_300_000)
    // A byte which is no part of a UTF-8 character at each border: a character would not be cut.
    random[1_024_000] = random[2_048_000] = 0x78
    const longer = random.toString('latin1').replaceAll(/[\r\n]/g, ' ')
    const input = Buffer.from(`${long}\n${longer}\n`, 'latin1')
    const { code, stderr } = await world.sendHere([], input)
    assert.equal(code, 0)
    assert.match(stderr, /1 line had to be split, for an event has at most 1,024,000 bytes\.\n$/)
    const messages = world.events().map(({ message }) => Buffer.from(message).toString('latin1'))
    assert.deepEqual(
      messages.map(({ length }) => length).sort((a, b) => a - b),
      [252_001, 900_001, 1_024_000, 1_024_000],
    )
    assert(messages.includes(`${long}\n`))
  })

  it('shows how far it is with a file', async () => {
    const path = join(world.folder, 'file.log')
    writeFileSync(path, 'line\n'.repeat(1000))
    const file = openSync(path, 'r')
    const { code, stderr } = await world.send(['--progress'], { stdin: file }).end
    closeSync(file)
    assert.equal(code, 0)
    assert.match(stderr, /^log2kinesis send: 4\.9 KiB read, 1,000 events, [\d.]+ [KM]?i?B\/s in \d:\d\d\.\n$/)
    assert.equal(world.events().length, 1000)
  })

  it('waits as long as Kinesis throttles', async () => {
    world.engine.faults.inject({ operation: 'PutRecords', times: 2, fault: { kind: 'throttle' } })
    world.engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'fail-entries', indexes: [0] } })
    const { code } = await world.sendHere(['--no-probe', '--give-up-after=0s'], 'one\ntwo\n')
    assert.deepEqual([code, world.messages()], [0, ['one\n', 'two\n']])
    assert.equal(world.engine.faults.waiting, 0)
  })

  it("passes on a command's exit code, and what is not captured", async () => {
    const script = 'echo out; echo err >&2; exit 7'
    assert.deepEqual(await world.send(['sh', '--', '-c', script]).end, {
      code: 7,
      signal: null,
      stdout: '',
      stderr: 'err\n',
    })
    assert.deepEqual(world.messages(), ['out\n'])
    assert.equal((await world.send(['--', 'sh', '-c', 'kill -9 $$']).end).code, 137)
  })

  it('gives a command our stdin', async () => {
    const { code } = await world.send(['--split-mode=none', 'sort', '--', '-r'], { stdin: 'a\nb\n' }).end
    assert.deepEqual([code, world.messages()], [0, ['b\na\n']])
  })
})
