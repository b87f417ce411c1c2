import assert from 'node:assert/strict'
import { doors, iteratorOf, read, type World } from './world.ts'

for (const [name, open] of doors) {
  describe(`fake Kinesis, faults, ${name}`, () => {
    let world: World

    beforeEach(async () => {
      world = await open({ limits: 'none' })
      world.engine.createStream('logs', { shards: 2 })
      for (const data of ['a', 'b']) world.engine.put('logs', { data, shardId: 'shardId-000000000000' })
    })

    afterEach(async () => {
      await world.close()
    })

    it('hits the calls it was made for, as often as told', async () => {
      const first = await iteratorOf(world)
      const second = await iteratorOf(world, { ShardId: 'shardId-000000000001' })
      const { faults, calls } = world.engine
      faults.inject({
        operation: 'GetRecords',
        shardId: 'shardId-000000000000',
        streamName: 'logs',
        times: 2,
        fault: { kind: 'throttle' },
      })
      await read(world, second)
      await world.client.listShards({ StreamName: 'logs' })
      const refusal = { name: 'ProvisionedThroughputExceededException', message: /for shard shardId-000000000000/ }
      await assert.rejects(read(world, first), refusal)
      await assert.rejects(read(world, first), refusal)
      assert.deepEqual(await read(world, first), ['a', 'b'])
      assert.equal(faults.used('throttle'), 2)
      assert.equal(faults.used(), 2)
      assert.equal(calls.refused(), 0)
      assert.equal(calls.errors('ProvisionedThroughputExceededException'), 2)
      faults.inject({ operation: '*', times: Infinity, fault: { kind: 'throttle' } })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), { name: 'LimitExceededException' })
      assert.equal(faults.waiting, 1)
      faults.clear()
      await world.client.listShards({ StreamName: 'logs' })
    })

    it('gives AWS errors by name', async () => {
      world.engine.faults.inject({
        operation: 'ListShards',
        fault: { kind: 'error', name: 'KMSDisabledException', message: 'the key is disabled' },
      })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), {
        name: 'KMSDisabledException',
        message: 'the key is disabled',
      })
      world.engine.faults.inject({
        operation: 'ListShards',
        fault: { kind: 'error', name: 'InternalFailureException', status: 500 },
      })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), {
        name: 'InternalFailureException',
        message: 'This call was made to fail with InternalFailureException.',
        $fault: 'server',
      })
    })

    it('gives bare HTTP answers and broken bodies', async () => {
      const { faults, calls } = world.engine
      faults.inject({ operation: 'ListShards', fault: { kind: 'http' } })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), { name: 'Unknown', $fault: 'server' })
      faults.inject({ operation: 'ListShards', fault: { kind: 'http', status: 503, body: '<html>busy</html>' } })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), {
        name: 'SyntaxError',
        message: /<html>busy/,
      })
      faults.inject({ operation: 'ListShards', fault: { kind: 'malformed' } })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), {
        name: 'SyntaxError',
        message: /Unterminated string/,
      })
      assert.equal(calls.errors('http') + calls.errors('malformed'), 3)
    })

    it('breaks connections before and after the call is carried out', async () => {
      const { faults, calls } = world.engine
      const put = (): Promise<unknown> =>
        world.client.putRecord({ StreamName: 'logs', Data: Buffer.from('c'), PartitionKey: 'k', ExplicitHashKey: '0' })
      const stored = (): number => world.engine.stream('logs').shards[0]?.records.length ?? 0
      faults.inject({ operation: 'PutRecord', fault: { kind: 'reset' } })
      await assert.rejects(put(), { code: 'ECONNRESET' })
      assert.equal(stored(), 2)
      faults.inject({ operation: 'PutRecord', fault: { kind: 'lost-answer' } })
      await assert.rejects(put(), { code: 'ECONNRESET' })
      assert.equal(stored(), 3)
      assert.equal(calls.errors('reset'), 1)
      assert.equal(calls.errors('lost-answer'), 1)
      await put()
    })

    it('answers late', async () => {
      world.engine.faults.inject({ operation: 'ListShards', fault: { kind: 'delay', ms: 1500 } })
      let isAnswered = false
      const answer = world.client.listShards({ StreamName: 'logs' }).then(() => {
        isAnswered = true
      })
      while (world.engine.faults.waiting > 0) await new Promise((resolve) => setImmediate(resolve))
      await world.clock.advance(1499)
      assert.equal(isAnswered, false)
      await world.clock.advance(1)
      await answer
    })

    it('never answers, until the caller gives up', async () => {
      world.engine.faults.inject({ operation: 'ListShards', fault: { kind: 'hang' } })
      const abort = new AbortController()
      const answer = world.client.listShards({ StreamName: 'logs' }, { abortSignal: abort.signal })
      while (world.engine.faults.waiting > 0) await new Promise((resolve) => setImmediate(resolve))
      await world.clock.advance(20_000)
      abort.abort()
      await assert.rejects(answer, { name: 'AbortError' })
      while (world.engine.calls.errors('hang') === 0) await new Promise((resolve) => setImmediate(resolve))
    })

    it('gives nothing though there is more, and the position stays', async () => {
      await world.clock.advance(1000)
      world.engine.faults.inject({ operation: 'GetRecords', fault: { kind: 'empty' } })
      const answer = await world.client.getRecords({ ShardIterator: await iteratorOf(world) })
      assert.deepEqual([answer.Records, answer.MillisBehindLatest], [[], 1000])
      assert.deepEqual(await read(world, answer.NextShardIterator ?? ''), ['a', 'b'])
    })

    it('refuses single entries of PutRecords', async () => {
      world.engine.faults.inject({
        operation: 'PutRecords',
        fault: { kind: 'fail-entries', indexes: [1], code: 'InternalFailure' },
      })
      const entry = { Data: Buffer.from('c'), PartitionKey: 'k', ExplicitHashKey: '0' }
      const answer = await world.client.putRecords({ StreamName: 'logs', Records: [entry, entry, entry] })
      assert.equal(answer.FailedRecordCount, 1)
      assert.deepEqual(
        answer.Records?.map((record) => record.ErrorCode),
        [undefined, 'InternalFailure', undefined],
      )
      assert.deepEqual(await read(world, await iteratorOf(world)), ['a', 'b', 'c', 'c'])
      assert.equal(world.engine.calls.refused(), 0)
    })

    it('logs what was called, when, and how it ended', async () => {
      await assert.rejects(world.client.listShards({ StreamName: 'nope' }), { name: 'ResourceNotFoundException' })
      assert.deepEqual(world.engine.calls.entries, [
        {
          atMs: world.engine.now(),
          operation: 'ListShards',
          streamName: 'nope',
          shardId: undefined,
          error: 'ResourceNotFoundException',
        },
      ])
    })
  })
}
