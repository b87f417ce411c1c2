import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { autoDecoder } from '../../src/codecs/auto.ts'
import { beginsCloudWatch, cloudWatchDecoder } from '../../src/codecs/cloudwatch.ts'
import { errorCode } from '../../src/core/errors.ts'

const head =
  '"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/f","logStream":"i-0123456789abcdef0",' +
  '"subscriptionFilters":["all"]'
const first = '{"id":"1","timestamp":1519247270240,"message":"one"}'
const second = '{"id":"2","timestamp":1519247271713,"message":"two \\"\\u00e4\\"\\n"}'
const whole = `{${head},"logEvents":[${first},${second}]}`

const origin = { source: '/aws/lambda/f:i-0123456789abcdef0', host: 'i-0123456789abcdef0' }
const one = { ...origin, message: 'one', time: { seconds: 1519247270, nanos: 240_000_000 } }
const two = { ...origin, message: 'two "ä"\n', time: { seconds: 1519247271, nanos: 713_000_000 } }

describe('a message of CloudWatch Logs', () => {
  it('is an event for each log event, gzip or not, and auto knows it when it is gzip', () => {
    assert.deepEqual(cloudWatchDecoder.decode(Buffer.from(whole)), { items: [one, two] })
    assert.deepEqual(cloudWatchDecoder.decode(gzipSync(whole)), { items: [one, two] })
    assert.deepEqual(autoDecoder.decode(gzipSync(whole)), { items: [one, two] })
    assert.deepEqual(autoDecoder.decode(Buffer.from(whole)), { items: [{ message: whole }] })
  })

  it('may be written by a relay: other key order, white space, several in one record', () => {
    const relay =
      '{ "owner" : "1", "logGroup" : "/kinesyslog/syslog/514", "logStream" : "127.0.0.1", "subscriptionFilters" : [ ],\n' +
      ` "messageType" : "DATA_MESSAGE", "logEvents" : [ ${first} , {"message":"no time","id":"x","extractedFields":{"a":["]"]}} ] }\n`
    const early = `{"logEvents":[${first}],${head}}`
    const { items, error } = autoDecoder.decode(Buffer.concat([gzipSync(relay), gzipSync(whole)]))
    assert.equal(error, undefined)
    const relayed = { source: '/kinesyslog/syslog/514:127.0.0.1', host: '127.0.0.1' }
    assert.deepEqual(items, [{ ...one, ...relayed }, { ...relayed, message: 'no time' }, one, two])
    assert.deepEqual(cloudWatchDecoder.decode(gzipSync(early)).items, [one])
  })

  it('names a host only where the log stream is named after a machine', () => {
    for (const [logStream, isHost] of [
      ['10.1.2.3', true],
      ['2001:db8::7', true],
      ['::ffff:10.1.2.3', true],
      ['i-0abc1234', true],
      ['2024/01/31/[$LATEST]8f2c', false],
      ['web-1', false],
      ['', false],
    ] as const) {
      const text = whole.replace('i-0123456789abcdef0', logStream)
      const [item] = cloudWatchDecoder.decode(Buffer.from(text)).items
      assert.equal(item?.host, isHost ? logStream : undefined, logStream)
      assert.equal(item?.source, `/aws/lambda/f:${logStream}`)
    }
  })

  it('is no event when CloudWatch only tries whether the stream can be reached', () => {
    const control =
      '{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],' +
      '"logEvents":[{"id":"","timestamp":1494441742773,"message":"CWL CONTROL MESSAGE: Checking health of destination"}]}'
    assert.deepEqual(autoDecoder.decode(gzipSync(control)), { items: [] })
    assert.deepEqual(cloudWatchDecoder.decode(gzipSync(`{${head},"logEvents":[]}`)), { items: [] })
  })

  it('keeps the events before a damage', () => {
    for (const [text, kept, code] of [
      [whole.slice(0, whole.indexOf(second) + 20), 1, 'CLOUDWATCH_DAMAGED'],
      [whole.slice(0, -1), 2, 'CLOUDWATCH_DAMAGED'],
      [whole.replace('"two', '7'), 1, 'CLOUDWATCH_DAMAGED'],
      [whole.replace('two ', 'two \\x'), 1, 'CLOUDWATCH_DAMAGED'],
      [whole.replace('"message":"two', '"massage":"two'), 1, 'CLOUDWATCH_DAMAGED'],
      [`${whole} and more`, 2, 'CLOUDWATCH_DAMAGED'],
      [`{${head},"logEvents":{}}`, 0, 'CLOUDWATCH_DAMAGED'],
      [`{${head},"logEvents":[${first}${second}]}`, 1, 'CLOUDWATCH_DAMAGED'],
    ] as const) {
      const { items, error } = cloudWatchDecoder.decode(Buffer.from(text))
      assert.deepEqual(items, [one, two].slice(0, kept), text)
      assert.equal(errorCode(error), code, text)
    }
    const cut = gzipSync(whole)
    const { items, error } = autoDecoder.decode(cut.subarray(0, cut.length - 6))
    assert.equal(errorCode(error), 'GZIP_DAMAGED')
    assert.ok(items.length <= 2)
  })

  it('takes no time from what is none, and counts milliseconds before 1970 forwards', () => {
    for (const [timestamp, time] of [
      ['1.5', undefined],
      ['"1519247270240"', undefined],
      ['99999999999999999999', undefined],
      ['null', undefined],
      ['-1', { seconds: -1, nanos: 999_000_000 }],
    ] as const) {
      const [item] = cloudWatchDecoder.decode(Buffer.from(whole.replace('1519247270240', timestamp))).items
      assert.deepEqual(item?.time, time, timestamp)
    }
  })

  it('is told from other JSON', () => {
    const is = (text: string): boolean => beginsCloudWatch(Buffer.from(text))
    assert.ok(is(whole))
    assert.ok(is(whole.slice(0, 200)))
    assert.equal(is(whole.replace('DATA_MESSAGE', 'OTHER')), false)
    assert.equal(is(whole.replace('logStream', 'stream')), false)
    assert.equal(is('{"messageType":"DATA_MESSAGE"}'), false)
    assert.equal(is('[]'), false)
    assert.equal(is(''), false)
  })

  it('holds no more than 500,000 events, and builds nothing else of what is in it', () => {
    const bomb = gzipSync(`{${head},"x":${'['.repeat(8_000_000)}${']'.repeat(8_000_000)},"logEvents":[${first}]}`)
    const before = process.memoryUsage().rss
    assert.deepEqual(cloudWatchDecoder.decode(bomb), { items: [one] })
    assert.ok(process.memoryUsage().rss - before < 512 * 1024 ** 2)
    const many = cloudWatchDecoder.decode(gzipSync(`{${head},"logEvents":[${'{"message":""},'.repeat(500_001)}{}]}`))
    assert.equal(many.items.length, 500_000)
    assert.equal(errorCode(many.error), 'TOO_MANY_EVENTS')
  })
})
