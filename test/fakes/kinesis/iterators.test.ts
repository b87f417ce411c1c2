import assert from 'node:assert/strict'
import { doors, iteratorOf, read, type World } from './world.ts'

for (const [name, open] of doors) {
  describe(`fake Kinesis, iterators, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    /** Three records a second apart; their sequence numbers. */
    async function putThree(): Promise<string[]> {
      const numbers: string[] = []
      for (const data of ['a', 'b', 'c']) {
        numbers.push(world.engine.put('logs', { data, shardId: 'shardId-000000000000' }).sequenceNumber)
        await world.clock.advance(1000)
      }
      return numbers
    }

    it('begins where each type says', async () => {
      world = await open({ limits: 'none' })
      world.engine.createStream('logs')
      const start = world.clock.now()
      const [a, b, c] = await putThree()
      assert.deepEqual(await read(world, await iteratorOf(world)), ['a', 'b', 'c'])
      assert.deepEqual(await read(world, await iteratorOf(world, { ShardIteratorType: 'LATEST' })), [])
      assert.deepEqual(await read(world, await iteratorOf(world, { after: a ?? '' })), ['b', 'c'])
      assert.deepEqual(
        await read(
          world,
          await iteratorOf(world, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: b }),
        ),
        ['b', 'c'],
      )
      const atTime = { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(start + 1500) } as const
      assert.deepEqual(await read(world, await iteratorOf(world, atTime)), ['c'])

      const latest = await iteratorOf(world, { after: c ?? '' })
      const tip = await iteratorOf(world, { ShardIteratorType: 'LATEST' })
      world.engine.put('logs', { data: 'd' })
      assert.deepEqual(await read(world, latest), ['d'])
      assert.deepEqual(await read(world, tip), ['d'])
    })

    it('makes sequence numbers like those of the service', async () => {
      world = await open()
      world.engine.createStream('logs')
      const numbers = await putThree()
      for (const number of numbers) assert.match(number, /^49\d{54}$/)
      assert.deepEqual([...numbers].sort(), numbers)
      const [first] = numbers
      assert(BigInt(first ?? 0) > BigInt(world.engine.stream('logs').shards[0]?.startingSequenceNumber ?? 0))
    })

    it('says that a position did not come from this stream', async () => {
      world = await open()
      world.engine.createStream('logs')
      const [a = ''] = await putThree()
      world.engine.recreateStream('logs')
      await assert.rejects(iteratorOf(world, { after: a }), {
        name: 'InvalidArgumentException',
        message:
          `StartingSequenceNumber ${a} used in GetShardIterator on shard shardId-000000000000 in stream logs ` +
          `under account 123456789012 is invalid because it did not come from this stream.`,
      })
      await assert.rejects(iteratorOf(world, { after: '12345' }), /did not come from this stream/)
      world.engine.recreateStream('logs', { shards: 2 })
      const other = { after: a, ShardId: 'shardId-000000000001' }
      await assert.rejects(iteratorOf(world, other), /did not come from this stream/)
    })

    it('says which shard a position encodes', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 2 })
      const { sequenceNumber } = world.engine.put('logs', { data: 'x', shardId: 'shardId-000000000001' })
      await assert.rejects(iteratorOf(world, { after: sequenceNumber }), {
        name: 'InvalidArgumentException',
        message:
          'Invalid StartingSequenceNumber. It encodes shardId-000000000001, ' +
          'while it was used in a call to a shard with shardId-000000000000',
      })
    })

    it('says that the end of a closed shard is the greatest position', async () => {
      world = await open()
      world.engine.createStream('logs')
      const [, b = '', c = ''] = await putThree()
      assert.deepEqual(await read(world, await iteratorOf(world, { after: c })), [])
      world.engine.split('logs', 'shardId-000000000000')
      const refusal = {
        name: 'InvalidArgumentException',
        message:
          'Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, ' +
          'SequenceNumber has reached max possible value for the shard.',
      }
      await assert.rejects(iteratorOf(world, { after: c }), refusal)
      const end = world.engine.stream('logs').shards[0]?.endingSequenceNumber ?? ''
      await assert.rejects(iteratorOf(world, { after: end }), refusal)
      assert.deepEqual(await read(world, await iteratorOf(world, { after: b })), ['c'])
      assert.deepEqual(await read(world, await iteratorOf(world, { ShardIteratorType: 'LATEST' })), [])
    })

    it('lets the last record of a closed shard pass as a position where told to', async () => {
      world = await open({ finishedPosition: 'read' })
      world.engine.createStream('logs')
      const [, , c = ''] = await putThree()
      world.engine.split('logs', 'shardId-000000000000')
      const answer = await world.client.getRecords({ ShardIterator: await iteratorOf(world, { after: c }) })
      assert.deepEqual(answer.Records, [])
      assert.equal(answer.NextShardIterator ?? undefined, undefined)
      assert.equal(answer.ChildShards?.length, 2)
    })

    it('trims a position older than retention, or refuses it where told to', async () => {
      for (const expiredPosition of ['trim', 'refuse'] as const) {
        world = await open({ expiredPosition })
        world.engine.createStream('logs')
        const [a = ''] = await putThree()
        await world.clock.advance(24 * 3_600_000 - 500)
        world.engine.put('logs', { data: 'd' })
        if (expiredPosition === 'trim') {
          assert.deepEqual(await read(world, await iteratorOf(world, { after: a })), ['d'])
          await world.close()
        } else {
          await assert.rejects(iteratorOf(world, { after: a }), {
            name: 'InvalidArgumentException',
            message: /is invalid\.$/,
          })
        }
      }
    })

    it('expires after five minutes, and each answer brings a fresh one', async () => {
      world = await open()
      world.engine.createStream('logs')
      const old = await iteratorOf(world)
      await world.clock.advance(299_999)
      const { NextShardIterator = '' } = await world.client.getRecords({ ShardIterator: old })
      await world.clock.advance(1)
      await assert.rejects(world.client.getRecords({ ShardIterator: old }), {
        name: 'ExpiredIteratorException',
        message: /which is further in the future than the tolerated delay of 300000 milliseconds/,
      })
      await world.clock.advance(299_000)
      await world.client.getRecords({ ShardIterator: NextShardIterator })
    })

    it('is invalid when it is not ours, and finds nothing when its stream is gone', async () => {
      world = await open()
      world.engine.createStream('logs')
      const iterator = await iteratorOf(world)
      await assert.rejects(world.client.getRecords({ ShardIterator: 'AAAA' }), {
        name: 'InvalidArgumentException',
        message: 'Invalid ShardIterator.',
      })
      world.engine.recreateStream('logs')
      await assert.rejects(world.client.getRecords({ ShardIterator: iterator }), {
        name: 'ResourceNotFoundException',
        message: 'Shard shardId-000000000000 in stream logs under account 123456789012 does not exist',
      })
      world.engine.deleteStream('logs')
      await assert.rejects(world.client.getRecords({ ShardIterator: iterator }), {
        name: 'ResourceNotFoundException',
        message: 'Stream logs under account 123456789012 not found.',
      })
    })

    it('keeps its own time when a client sets its clock', async () => {
      world = await open()
      world.engine.createStream('logs')
      const start = world.engine.now()
      world.clock.stepWallClock(60_000)
      assert.equal(world.engine.now(), start)
      await assert.rejects(
        iteratorOf(world, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(world.clock.now()) }),
        {
          name: 'InvalidArgumentException',
          message:
            `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ` +
            `timestampInMillis: ${start + 60_000}, currentTimestampInMillis: ${start}`,
        },
      )
    })

    it('refuses malformed requests', async () => {
      world = await open()
      world.engine.createStream('logs')
      await assert.rejects(iteratorOf(world, { after: 'abc' }), {
        name: 'ValidationException',
        message:
          "1 validation error detected: Value 'abc' at 'startingSequenceNumber' failed to satisfy constraint: " +
          'Member must satisfy regular expression pattern: 0|([1-9]\\d{0,128})',
      })
      await assert.rejects(iteratorOf(world, { ShardIteratorType: 'AT_TIMESTAMP' }), {
        name: 'InvalidArgumentException',
      })
      await assert.rejects(iteratorOf(world, { ShardIteratorType: 'AT_SEQUENCE_NUMBER' }), {
        name: 'InvalidArgumentException',
      })
      await assert.rejects(iteratorOf(world, { ShardId: 'shardId-000000000009' }), {
        name: 'ResourceNotFoundException',
      })
    })

    it('begins early at a time where that is approximate, and arrival times may go backwards', async () => {
      const shifts = [0, -5000, 2000]
      world = await open({ timestampSlackMs: 600, arrivalShiftMs: () => shifts.shift() ?? 0 })
      world.engine.createStream('logs')
      const start = world.clock.now()
      await putThree()
      const { Records = [] } = await world.client.getRecords({ ShardIterator: await iteratorOf(world) })
      assert.deepEqual(
        Records.map((record) => Number(record.ApproximateArrivalTimestamp) - start),
        [0, -4000, 4000],
      )
      await world.clock.advance(1000)
      const early = await iteratorOf(world, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(start + 500) })
      assert.deepEqual(await read(world, early), ['a', 'b', 'c'])
    })
  })
}
