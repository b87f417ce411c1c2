import assert from 'node:assert/strict'
import type { MessageBlock } from '../../../src/core/message-block.ts'
import type { Delivery } from '../../../src/core/source.ts'
import { Turns, type Waiter } from '../../../src/sources/sockets/turns.ts'

/** Somebody who always has more: as soon as one delivery is released, it asks again. */
class Busy implements Waiter {
  readonly #lane: string
  readonly #turns: Turns
  readonly upcomingBytes: number

  constructor(lane: string, turns: Turns, upcomingBytes: number) {
    this.#lane = lane
    this.#turns = turns
    this.upcomingBytes = upcomingBytes
    turns.ask(this)
  }

  take(): Delivery<MessageBlock> {
    this.#turns.hold(this.upcomingBytes)
    return {
      lane: this.#lane,
      items: [],
      bytes: this.upcomingBytes,
      release: () => {
        this.#turns.ask(this)
        this.#turns.free(this.upcomingBytes)
      },
      ack: () => {},
    }
  }
}

async function lanes(turns: Turns, count: number): Promise<string> {
  const seen: string[] = []
  for (let i = 0; i < count; i++) {
    const delivery = await turns.next()
    seen.push(delivery?.lane ?? 'none')
    delivery?.release()
  }
  return seen.join(' ')
}

describe('sockets: turns', () => {
  it('go to connections, too, when datagrams come faster than they are taken', async () => {
    const turns = new Turns(1000)
    for (const lane of ['tcp/1', 'tcp/2']) new Busy(lane, turns, 10)
    new Busy('udp', turns, 0)
    assert.equal(await lanes(turns, 6), 'udp tcp/1 udp tcp/2 udp tcp/1')
  })
})
