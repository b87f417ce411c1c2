import assert from 'node:assert/strict'
import { syslogDatagram } from '../../../src/codecs/framing/datagram.ts'
import { Counters } from '../../../src/core/metrics.ts'

function received(datagram: string, maxMessageBytes = 65_536): readonly [string | undefined, Record<string, number>] {
  const counters = new Counters()
  const message = syslogDatagram(Buffer.from(datagram), { maxMessageBytes, counters })
  return [message === undefined ? undefined : Buffer.from(message).toString(), counters.snapshot()]
}

describe('a syslog datagram', () => {
  it('is one message: terminators within are kept, those at its end are not', () => {
    const counters = { received: 1 }
    assert.deepEqual(received('<13>a\nb\n'), ['<13>a\nb', counters])
    assert.deepEqual(received('<13>a\0b\r\n\0\n'), ['<13>a\0b', counters])
    assert.deepEqual(received('\n<13>a'), ['\n<13>a', counters])
  })

  it('knows no counting', () => {
    assert.deepEqual(received('5 <13>a'), ['5 <13>a', { received: 1 }])
    assert.deepEqual(received('99 <13>evil'), ['99 <13>evil', { received: 1 }])
  })

  it('which is empty is counted', () => {
    for (const empty of ['', '\0\r\n']) {
      assert.deepEqual(received(empty), [undefined, { received: 1, 'discarded.empty_datagram': 1 }])
    }
  })

  it('over the maximum loses its end, but no half of a character', () => {
    assert.deepEqual(received('<13>aé', 6), ['<13>a', { received: 1, truncated: 1 }])
    assert.deepEqual(received('<13>aé\n', 7), ['<13>aé', { received: 1 }])
  })

  it('fault 3: one sender’s never alters another’s', () => {
    const counters = new Counters()
    const sent = ['99 <13>evil', '<13>from B', '{"un": "closed', '<13>from C']
    const read = sent.map((text) => syslogDatagram(Buffer.from(text), { maxMessageBytes: 100, counters }))
    assert.deepEqual(read.map(String), sent)
  })
})
