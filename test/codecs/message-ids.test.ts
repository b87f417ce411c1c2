import assert from 'node:assert/strict'
import { idOf } from '../../src/codecs/message-ids.ts'
import { EventHead } from '../../src/codecs/relay-record/event-head.ts'

describe('Message ids', () => {
  const cases: [string, number, string][] = [
    ['363f3136-9356-443b-9eee-ce72d32d2307', 0, '363f3136-9356-443b-9eee-ce72d32d2307'],
    ['363f3136-9356-443b-9eee-ce72d32d2307', 3, '363f3136-9356-443b-9eee-ce72d32d230a'],
    ['363f3136-9356-443b-9eee-ce72d32d2307', 9, '363f3136-9356-443b-9eee-ce72d32d2310'],
    ['363f3136-9356-443b-9eee-0000000000ff', 1, '363f3136-9356-443b-9eee-000000000100'],
    ['363f3136-9356-443b-9eee-ffffffffffff', 1, '363f3136-9356-443b-9eee-000000000000'],
    ['363f3136-9356-443b-9eee-fffffffffffe', 300, '363f3136-9356-443b-9eee-00000000012a'],
  ]

  it('count in the last 48 bits', () => {
    for (const [first, index, id] of cases) assert.equal(idOf(first, index), id)
  })

  it('are the same where an event is written', () => {
    const head = new EventHead()
    for (const [first, index, id] of cases) {
      head.begin(first)
      for (let counted = 0; counted < index; counted++) head.countUp()
      assert.equal(headText(head).slice(7, 43), id)
    }
  })

  it('stay when the time becomes shorter or longer', () => {
    const head = new EventHead()
    head.begin('363f3136-9356-443b-9eee-ce72d32d2307')
    const times = [1519247270240, 1519247270240, 1519247999999, 1519248000000, -1, 0, 999_999_999_999, 1e12, 1e13, 1e12]
    for (const timeMs of times) {
      head.setTime(timeMs)
      const event: unknown = JSON.parse(`${headText(head)}"}`)
      assert.deepEqual(event, { id: '363f3136-9356-443b-9eee-ce72d32d2307', timestamp: timeMs, message: '' })
    }
  })
})

function headText(head: EventHead): string {
  return Buffer.from(head.bytes).toString()
}
