import assert from 'node:assert/strict'
import type { LogEvent } from '../../src/core/event.ts'
import { Counters } from '../../src/core/metrics.ts'
import { type KinloaderSettings, readSettings } from '../../src/wiring/inputs/kinloader-settings.ts'
import { recordDecoder, splunkEncoder } from '../../src/wiring/splunk-events.ts'
import { EventStreamParser, type SplunkEvent } from '../fakes/splunkd/event-stream.ts'

function settings(params: Readonly<Record<string, string>> = {}): KinloaderSettings {
  const all = { stream: 'orders', region: 'us-east-1', host: '$decideOnStartup', index: 'default', ...params }
  return readSettings(new Map(Object.entries(all)), { serverHost: 'splunk-1', environment: {} })
}

/** The event as Splunk takes it, without what it does not say. */
function written(event: LogEvent, params: Readonly<Record<string, string>> = {}): Partial<SplunkEvent> {
  const bytes = splunkEncoder(settings(params), new Counters()).encode([event])
  const [found] = new EventStreamParser().push(Buffer.from(`<stream>${Buffer.from(bytes).toString()}`))
  const { host, source, sourcetype, index } = found ?? assert.fail('no event')
  return Object.fromEntries(
    Object.entries({ host, source, sourcetype, index }).filter(([, value]) => value !== undefined),
  )
}

const saying = { message: 'a', host: 'web-1', source: 'app.log', sourcetype: 'app', index: 'web' }

describe('how records are read', () => {
  for (const format of ['auto', 'log-record', 'text', 'json']) {
    it(`is as record_format says: ${format}`, () => {
      assert.equal(recordDecoder(settings({ record_format: format })).name, format)
    })
  }

  it('is auto where nothing is said', () => {
    assert.equal(recordDecoder(settings()).name, 'auto')
  })
})

describe('how events are written', () => {
  it('with what they say themselves', () => {
    const { host, source, sourcetype, index } = saying
    const input = { host: 'h', source: 's', sourcetype: 't', index: 'i' }
    assert.deepEqual(written(saying, input), { host, source, sourcetype, index })
  })

  it("with the input's own values where they say nothing", () => {
    const input = { host: 'h', source: 's', sourcetype: 't', index: 'i' }
    assert.deepEqual(written({ message: 'a' }, input), input)
  })

  it("never with splunkd's placeholders: its host name and our sourcetype, and the default index is left out", () => {
    const input = { source: '$decideOnStartup', sourcetype: '$decideOnStartup' }
    assert.deepEqual(written({ message: 'a' }, input), { host: 'splunk-1', sourcetype: 'kinloader' })
    assert.deepEqual(written({ message: 'a' }), { host: 'splunk-1', sourcetype: 'kinloader' })
  })

  it('with what is forced, whatever they say, one by one', () => {
    const forced = { override_host: 'H', override_source: 'S', override_sourcetype: 'T', override_index: 'I' }
    assert.deepEqual(written(saying, forced), { host: 'H', source: 'S', sourcetype: 'T', index: 'I' })
    assert.deepEqual(written({ message: 'a' }, forced), { host: 'H', source: 'S', sourcetype: 'T', index: 'I' })
    const { source, sourcetype, index } = saying
    assert.deepEqual(written(saying, { override_host: 'H' }), { host: 'H', source, sourcetype, index })
  })

  it('with counters of what was replaced and of what Splunk would cut', () => {
    const counters = new Counters()
    const encoder = splunkEncoder(settings(), counters)
    const long = 'x'.repeat(10_001)
    encoder.encode([{ message: 'a\u0007b' }, { message: long }, { message: long, sourcetype: 'app' }])
    assert.deepEqual(counters.snapshot(), { replaced_characters: 1, long_events: 1 })
  })
})
