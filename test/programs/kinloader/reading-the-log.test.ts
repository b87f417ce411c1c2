import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { InputWorld } from '../../support/input-world.ts'

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const parent = 'shardId-000000000000'

describe('the lines about the shards', () => {
  let world: InputWorld

  beforeEach(async () => {
    world = await InputWorld.start({ params: { record_format: 'text' } })
    world.engine.put('logs', { data: 'of the parent' })
  })

  afterEach(async () => {
    await world.close()
    assertLog(world.runs)
  })

  it('have the fields which the README shows', async () => {
    const sample = readme.split('\n').find((line) => line.startsWith('INFO at=shard ')) ?? assert.fail('no sample')
    const input = world.run()
    const line = await input.logged(/^INFO at=shard .*\bposition=.*\blag_ms=/)
    await input.terminate()
    assert.deepEqual(fieldNames(line), fieldNames(sample))
    assert.ok(fieldNames(line).length > 5)
  })

  it('tell of a split in the words of the README', async () => {
    // The parent seems empty, so it is not read to its end.
    world.engine.faults.inject({
      operation: 'GetRecords',
      shardId: parent,
      times: Infinity,
      fault: { kind: 'empty' },
    })
    const [left, right] = world.engine.split('logs', parent)
    const input = world.run()
    await input.logged(lineOf(right, `"waiting for parent ${parent}"`))
    assert.deepEqual(new Set(statesOf(input, parent)), new Set(['reading']))
    assert.deepEqual(new Set(statesOf(input, left)), new Set([`"waiting for parent ${parent}"`]))

    world.engine.faults.clear()
    await input.logged(lineOf(parent, 'closed'))
    await input.logged(lineOf(left, 'reading'))
    await input.logged(lineOf(right, 'reading'))
    await input.terminate()
    const told = [parent, left, right].flatMap((shardId) => statesOf(input, shardId))
    for (const state of told) {
      const shown = state.replaceAll('"', '').replaceAll(/shardId-\d+/g, 'shardId-…')
      assert.ok(readme.includes(`| \`${shown}\` |`), `the README does not tell of ${state}`)
    }
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
  })
})

function fieldNames(line: string): string[] {
  return [...line.matchAll(/ (\w+)=("[^"]*"|\S*)/g)].map(([, name = '']) => name)
}

function lineOf(shardId: string, state: string): RegExp {
  return new RegExp(`^INFO at=shard .*\\bshard=${shardId} state=${state}`)
}

/** As often as they were told, in order. */
function statesOf(input: RunningInput, shardId: string): string[] {
  return input.stderr.flatMap((line) => {
    const [, shard, state] = /^INFO at=shard .*\bshard=(\S+) state=("[^"]*"|\S+)/.exec(line) ?? []
    return shard === shardId && state !== undefined ? [state] : []
  })
}
