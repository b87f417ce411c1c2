import assert from 'node:assert/strict'
import { Counters } from '../../src/core/metrics.ts'
import type { MessageBlock, MessageFormat } from '../../src/core/message-block.ts'
import { MessageEvents } from '../../src/wiring/message-events.ts'
import { messagesOf } from '../support/messages-of.ts'

const receivedMs = Date.UTC(2026, 0, 1, 0, 0, 1, 5)

function block(format: MessageFormat, ...messages: readonly (string | Uint8Array)[]): MessageBlock {
  return { format, address: '2001:db8::1', port: 514, receivedMs, messages: messagesOf(messages) }
}

describe('the events of received messages', () => {
  it('have the time they tell, or that of their arrival, which is counted', () => {
    const counters = new Counters()
    const events = new MessageEvents({
      timeZone: 'UTC',
      stanza: { source: undefined, sourcetype: undefined },
      counters,
    })
    const made = events.decode(
      block('syslog', '<13>Dec 31 23:59:59 h x', '<13>1 - h a - - - nil', Buffer.from([0x61, 0xff])),
      'tls/514#1',
    )
    const origin = { host: '2001:db8::1', source: 'tcp:514', sourcetype: 'kinloader:syslog' }
    const arrival = { seconds: receivedMs / 1000 - 0.005, nanos: 5_000_000 }
    assert.deepEqual(made, [
      { ...origin, message: '<13>Dec 31 23:59:59 h x', time: { seconds: arrival.seconds - 2, nanos: 0 } },
      { ...origin, message: '<13>1 - h a - - - nil', time: arrival },
      { ...origin, message: String.raw`a\xff`, time: arrival },
    ])
    assert.deepEqual(counters.snapshot(), { 'time_fallback.nil': 1, invalid_utf8: 1, 'time_fallback.no_time': 1 })
  })

  it('are kept when they are no GELF, and counted as such', () => {
    const counters = new Counters()
    const stanza = { source: 'edge', sourcetype: 'my:gelf' }
    const events = new MessageEvents({ timeZone: 'UTC', stanza, counters })
    const [bad, good] = events.decode(block('gelf', '{"a":', '{"version":"1.1","host":"h","timestamp":1}'), 'udp/514')
    assert.deepEqual([bad?.message, bad?.source, bad?.sourcetype], ['{"a":', 'edge', 'my:gelf'])
    assert.deepEqual(good?.time, { seconds: 1, nanos: 0 })
    assert.deepEqual(counters.snapshot(), {
      'gelf_invalid.not_json': 1,
      'time_fallback.no_time': 1,
      'gelf_invalid.no_short_message': 1,
    })
  })
})
