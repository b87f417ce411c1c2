import assert from 'node:assert/strict'
import { SenderTally } from '../../../src/sources/sockets/sender-tally.ts'

describe('the tally of senders', () => {
  it('counts by address and port; who comes when it is full counts as other', () => {
    const tally = new SenderTally({ maxSenders: 2 })
    tally.add('a', 514, 1, 10)
    tally.add('a', 601, 2, 20)
    tally.add('b', 514, 3, 30)
    tally.add('c', 514, 4, 40)
    tally.add('a', 514, 5, 50)
    for (const port of [1, 2, 3]) tally.add('d', port, 1, 1)
    assert.deepEqual(tally.entries(), [
      { source: 'a', port: 514, messages: 6, bytes: 60 },
      { source: 'a', port: 601, messages: 2, bytes: 20 },
      { source: 'other', port: 514, messages: 7, bytes: 70 },
      { source: 'other', port: 1, messages: 1, bytes: 1 },
      { source: 'other', port: 0, messages: 2, bytes: 2 },
    ])
  })
})
