import assert from 'node:assert/strict'
import { type EngineOptions, KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { ReaderRun } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

/** A reader at work on a stream `logs` of two shards. */
async function started(options: Partial<EngineOptions> = {}): Promise<{
  readonly engine: KinesisEngine
  readonly run: ReaderRun
  readonly put: (data: string, shardId: string) => void
}> {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock, ...options })
  engine.createStream('logs', { shards: 2 })
  const put = (data: string, shardId: string): void => {
    engine.put('logs', { data, shardId })
  }
  for (const [n, shardId] of engine.openShards('logs').entries()) put(`first ${n}`, shardId)
  const run = new ReaderRun({ clock, engine, remembered: new Map() })
  await run.until(2)
  return { engine, run, put }
}

describe('children are found', () => {
  it('from a parent’s last answer alone, while every listing fails', async () => {
    const { engine, run, put } = await started()
    engine.faults.inject({ operation: 'ListShards', times: Infinity, fault: { kind: 'http', status: 500 } })
    const [one = '', two = ''] = engine.openShards('logs')
    const [left, right] = engine.split('logs', one)
    put('left', left)
    put('right', right)
    await run.until(4, 10_000)
    put('late', right)
    const merged = engine.merge('logs', right, two)
    put('merged', merged)
    await run.until(6, 10_000)
    await run.stop()
    assert.deepEqual(run.texts().slice(2, 4).sort(), ['left', 'right'])
    assert.deepEqual(run.texts().slice(4), ['late', 'merged'])
    assert.ok(engine.faults.used('http') > 0, 'the listings did fail')
  })

  for (const shardEnd of ['with-records', 'own-answer'] as const) {
    it(`from the listing alone, where no answer names them (${shardEnd})`, async () => {
      const { engine, run, put } = await started({ childShards: 'untold', shardEnd })
      const [one = '', two = ''] = engine.openShards('logs')
      const [left, right] = engine.split('logs', one)
      put('left', left)
      put('right', right)
      await run.until(4, 10_000)
      put('late', right)
      const merged = engine.merge('logs', right, two)
      put('merged', merged)
      await run.until(6, 10_000)
      await run.stop()
      assert.deepEqual(run.texts().slice(2, 4).sort(), ['left', 'right'])
      assert.deepEqual(run.texts().slice(4), ['late', 'merged'])
    })
  }
})
