import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Log2KinesisWorld } from '../../support/log2kinesis-world.ts'

describe('log2kinesis at its start', () => {
  let world: Log2KinesisWorld

  before(async () => {
    world = await Log2KinesisWorld.start({ accessKeyIds: ['TESTKEYIDENTIFIER1'] })
  })

  after(async () => {
    await world.close()
  })

  it('checks whether the stream takes records', async () => {
    const { code, stdout, stderr } = await world.run(['check', '--stream-name=logs']).end
    assert.deepEqual([code, stderr], [0, ''])
    assert.equal(stdout, 'The stream "logs" in us-east-1 took a record without events.\n')
    assert.equal(world.engine.stream('logs').shards[0]?.records[0]?.partitionKey, '__null__')
    assert.deepEqual(world.events(), [])
  })

  it('takes the stream by its ARN or from the environment', async () => {
    const { arn } = world.engine.stream('logs')
    const byArn = await world.here(['check', '--stream-name', arn], { env: { AWS_REGION: 'eu-west-1' } })
    assert.equal(byArn.code, 0)
    assert.equal((await world.here(['check'], { env: { LOG_KINESIS_STREAM: 'logs' } })).code, 0)
  })

  for (const [what, args, env, message] of [
    [
      'a stream that is not there',
      ['--stream-name=gone'],
      {},
      /^log2kinesis check: Kinesis check failed: .*stream gone does not exist.*\.\n$/,
    ],
    [
      'a wrong key',
      ['--stream-name=logs'],
      { AWS_ACCESS_KEY_ID: 'OTHER' },
      /^log2kinesis check: Kinesis check failed: .*\n$/,
    ],
    ['no region', ['--stream-name=logs'], { AWS_REGION: '' }, /^log2kinesis check: No AWS region is known: .*\n$/],
  ] as const) {
    it(`tells of ${what} in one sentence`, async () => {
      const { code, stdout, stderr } = await world.here(['check', ...args], { env })
      assert.deepEqual([code, stdout], [100, ''])
      assert.match(stderr, message)
    })
  }

  it('does not start the command when it cannot send', async () => {
    const mark = join(world.folder, 'mark')
    const args = ['send', '--stream-name=gone', '--source=s', 'touch', mark]
    const { code, stderr } = await world.here(args)
    assert.equal(code, 100)
    assert.match(
      stderr,
      /^log2kinesis send: Failed to initialize Kinesis sender: Kinesis check failed: .*stream gone does not exist.*\.\n$/,
    )
    assert.equal(existsSync(mark), false)
  })

  it('ends with 2 and the usage at an unknown command', async () => {
    const { code, stdout, stderr } = await world.run(['push']).end
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^log2kinesis: There is no command "push"\.\nUsage: log2kinesis <command>/)
  })

  for (const [what, args, message] of [
    ['a missing stream', ['send', '--source=s'], '--stream-name is missing: give it, or set LOG_KINESIS_STREAM.'],
    ['a missing source', ['send', '--stream-name=logs'], '--source is missing: give it, or set LOG_SOURCE.'],
    ['an empty source', ['send', '--stream-name=logs', '--source='], '--source must be a name.'],
    ['a missing stream of check', ['check'], '--stream-name is missing: give it, or set LOG_KINESIS_STREAM.'],
    ['an unknown flag', ['check', '--stream-name=logs', '--fast'], "Unknown option '--fast'."],
    [
      'a wrong layout',
      ['send', '--stream-name=logs', '--source=s', '--timestamp=%Q'],
      '--timestamp is wrong: The time layout has an unknown conversion "%Q".',
    ],
  ] as const) {
    it(`ends with 2 at ${what}`, async () => {
      const { code, stderr } = await world.here(args)
      const [first, second] = stderr.split('\n')
      assert.deepEqual([code, first], [2, `log2kinesis ${args[0]}: ${message}`])
      assert.match(second ?? '', /^Usage: log2kinesis /)
    })
  }
})
