import assert from 'node:assert/strict'
import { partitionKeyOf } from '../../src/codecs/partition-key.ts'

const stream = { source: '/var/log/syslog', sourcetype: 'syslog', host: 'web1', index: 'main' }

describe('partition keys of log records', () => {
  it('keep an unbroken stream on one shard', () => {
    assert.equal(partitionKeyOf({ ...stream, unbroken: true }), 'unbroken-8cf84876758d1903fbcdada7caf0b2f5')
  })

  it('spread broken records over shards by 63 random bits', () => {
    const keys = Array.from({ length: 200 }, () => partitionKeyOf({ ...stream, unbroken: false }))
    assert.equal(new Set(keys).size, 200)
    const numbers = keys.map((key) => BigInt(/^broken-(\d+)$/.exec(key)?.[1] ?? '-1'))
    assert.ok(numbers.every((number) => number >= 0n && number < 2n ** 63n))
    assert.ok(numbers.some((number) => number >= 2n ** 62n))
  })

  it('name the probe', () => {
    const mark = '__null__'
    const probe = { unbroken: false, source: mark, sourcetype: mark, host: mark, index: mark }
    assert.equal(partitionKeyOf(probe), mark)
  })
})
