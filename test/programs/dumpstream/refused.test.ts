import assert from 'node:assert/strict'
import { DumpWorld, dumpedTexts } from '../../support/dump-world.ts'

const expired = {
  kind: 'error',
  name: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
} as const

describe('dumpstream: when it cannot read', () => {
  let world: DumpWorld

  beforeEach(async () => {
    world = await DumpWorld.start(2)
    world.put('a')
  })

  afterEach(() => world.close())

  it('ends at once, with one sentence, where the stream does not exist or may not be read', async () => {
    const [missing, denied] = await Promise.all([
      world.run('--stream-name', 'lags'),
      world.shell('AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= $program').end,
    ])
    assert.equal(missing.code, 100)
    assert.match(
      missing.stderr,
      /^dumpstream: Failed to open reader: Stream lags does not exist in this region and account; [^\n]*\.\n$/,
    )
    assert.equal(denied.code, 100)
    assert.match(
      denied.stderr,
      /^dumpstream: Failed to open reader: There are no AWS credentials which can be used; [^\n]*\.\n$/,
    )
  })

  it('ends where nothing answers', async () => {
    const { code, stderr } = await world.run('--endpoint-url', 'http://127.0.0.1:1', '--give-up-after', '500ms')
    assert.equal(code, 100)
    assert.match(stderr, /^dumpstream: Failed to open reader: Kinesis cannot be reached [^\n]*\.$/m)
  })

  it('ends when the stream is deleted under way, with what it had read remembered', async () => {
    const flags = ['--default-to-horizon', '--max-rate', '50', '--give-up-after', '1s', '--checkpoint-file', 'cp']
    const dump = world.start(...flags)
    await dump.until('a record', () => dumpedTexts(dump.stdout).length === 1)
    world.engine.deleteStream('logs')
    const { code, stderr } = await dump.end
    assert.equal(code, 100)
    assert.match(stderr, /ERROR at=kinesis .*stream logs does not exist/)
    assert.match(stderr, /^dumpstream: Failed to process stream: Stream logs does not exist [^\n]*\.\n$/m)
    assert.match(world.text('cp'), /"shardId-\d+":"49\d+ /)
  })

  it('ends when the credentials have expired for too long, and waits while they may come back', async () => {
    const flags = ['--default-to-horizon', '--max-rate', '50', '--give-up-after', '1s']
    const dump = world.start(...flags)
    await dump.until('a record', () => dumpedTexts(dump.stdout).length === 1)
    world.engine.faults.inject({ operation: 'GetRecords', fault: expired, times: 2 })
    world.put('b')
    await dump.until('the next record', () => dumpedTexts(dump.stdout).length === 2)
    world.engine.faults.inject({ operation: 'GetRecords', fault: expired, times: Infinity })
    const { code, stderr } = await dump.end
    assert.equal(code, 100)
    assert.match(stderr, /^dumpstream: Failed to process stream: AWS refuses the credentials; [^\n]*\.\n$/m)
  })

  it('tells wrong usage with 2 and an unknown format with 100', async () => {
    const [flag, rate, stream, format] = await Promise.all([
      world.run('--frobnicate'),
      world.run('--max-rate', '0'),
      world.shell('unset LOG_KINESIS_STREAM; $program').end,
      world.run('--data-format', 'xml'),
    ])
    assert.deepEqual([flag.code, rate.code, stream.code, format.code], [2, 2, 2, 100])
    assert.match(
      rate.stderr,
      /^dumpstream: --max-rate must be a number above 0, such as 3 or 0\.5\.\nUsage: dumpstream /,
    )
    assert.match(stream.stderr, /^dumpstream: --stream-name is missing/)
    assert.match(format.stderr, /^dumpstream: invalid data format "xml": --data-format takes json or raw\.\n$/)
  })
})
