import assert from 'node:assert/strict'
import { EventBytes } from '../../../src/codecs/relay-record/event-bytes.ts'

describe('the JSON of events', () => {
  it('goes into the same memory again and again, but for that of a giant', () => {
    const events = new EventBytes()
    const message = Buffer.alloc(1024 * 1024, 'x')
    const add = (count: number): void => {
      events.clear(10)
      for (let i = 0; i < count; i++) events.add(Buffer.from('{"message":"'), message, 0, message.length)
    }
    add(3)
    const { memory } = events
    add(3)
    assert.equal(events.memory, memory)
    assert.equal(events.memory.toString('latin1', 10, 24), '{"message":"xx')
    add(30)
    assert.ok(events.memory.length > 32 * 1024 * 1024)
    add(1)
    assert.ok(events.memory.length < 10 * 1024 * 1024, `${events.memory.length}`)
    assert.equal(events.memory.toString('latin1', 10, 24), '{"message":"xx')
  })
})
