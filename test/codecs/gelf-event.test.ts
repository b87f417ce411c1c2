import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type GelfEvent, gelfEvent } from '../../src/codecs/gelf-event.ts'

function eventWith(timestamp: string): GelfEvent {
  return gelfEvent(
    `{"version":"1.1","host":"h","short_message":"m"${timestamp === '' ? '' : `,"timestamp":${timestamp}`}}`,
  )
}

describe('A GELF message', () => {
  it('tells its time in seconds, which become rounded milliseconds', () => {
    const cases: [string, number][] = [
      ['1385053862.3072', 1385053862307],
      ['1385053862', 1385053862000],
      ['1519247270.2394', 1519247270239],
      ['1519247270.2395', 1519247270240],
      ['1519247270.2405', 1519247270241],
      ['1519247270.239499', 1519247270239],
      ['1.0005', 1001],
      ['1.51924727e9', 1519247270000],
    ]
    for (const [timestamp, time] of cases) {
      assert.deepEqual(eventWith(timestamp), { time, isTimestampText: false, fault: undefined }, timestamp)
      assert.deepEqual(eventWith(`"${timestamp}"`), { time, isTimestampText: true, fault: undefined }, timestamp)
    }
  })

  it('fault 7: without a usable time has that of its receipt', () => {
    for (const timestamp of ['', 'null']) assert.equal(eventWith(timestamp).time, 'no_time')
    for (const timestamp of [
      ...['0', '-1', '1e999', '1e300', '-0', 'true', '{}', '[]', '[1385053862]', '"x"', '""', '" 1385053862"'],
      ...['"0"', '"-1"', '"Infinity"', '"NaN"', '"0x10"', '"1e99"', '"1_000"', '1385053862307', '"1385053862307"'],
    ]) {
      const { time, fault } = eventWith(timestamp)
      assert.equal(time, 'bad_timestamp', timestamp)
      assert.equal(fault, undefined, timestamp)
    }
  })

  it('which lacks what it must have says so, and keeps its time', () => {
    const cases: [string, GelfEvent['fault']][] = [
      ['{"host":"h","short_message":"m","timestamp":1}', 'no_version'],
      ['{"version":"1.1","short_message":"m","timestamp":1}', 'no_host'],
      ['{"version":"1.1","host":null,"short_message":"m","timestamp":1}', 'no_host'],
      ['{"version":"1.1","host":"h","timestamp":1}', 'no_short_message'],
      ['{"timestamp":1,"__proto__":{"version":"1.1"}}', 'no_version'],
    ]
    for (const [text, fault] of cases) {
      assert.deepEqual(gelfEvent(text), { time: 1000, isTimestampText: false, fault }, text)
    }
  })

  it('which is no JSON object says so', () => {
    for (const text of ['', 'x', '{', '{"version":"1.1"', '{}{}', '\0', '{"a":"\\x"}', '['.repeat(500_000)]) {
      assert.equal(gelfEvent(text).fault, 'not_json', text.slice(0, 20))
    }
    for (const text of [
      'null',
      '1',
      '"x"',
      '[]',
      '[{"version":"1.1"}]',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ]) {
      assert.equal(gelfEvent(text).fault, 'not_object', text.slice(0, 20))
    }
  })

  it('never throws, and every time is a whole number', () => {
    const anyMessage = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((timestamp) => `{"timestamp":${timestamp}}`),
    )
    fc.assert(
      fc.property(anyMessage, (text) => {
        const { time } = gelfEvent(text)
        assert.ok(typeof time === 'string' || Number.isSafeInteger(time))
      }),
    )
  })
})
