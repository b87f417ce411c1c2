import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { autoDecoder } from '../../src/codecs/auto.ts'
import { encodeLogRecord } from '../../src/codecs/log-record-encoding.ts'
import { errorCode } from '../../src/core/errors.ts'
import { bothWays, messagesOf } from './both-ways.ts'

describe('auto', () => {
  const metadata = { unbroken: false, source: 's', sourcetype: '', host: '', index: '', encId: 1n, blockId: 0n }

  it('knows a log record by its metadata, long ones too', () => {
    for (const source of ['s', 's'.repeat(10_000)]) {
      const { items, error } = autoDecoder.decode(encodeLogRecord({ ...metadata, source }, [{ data: 'x' }]))
      assert.equal(error, undefined)
      assert.deepEqual(items, [{ source, message: 'x' }])
    }
  })

  it('tells the damage of a log record as such', () => {
    const whole = encodeLogRecord(metadata, [{ data: 'x' }, { data: 'y' }])
    const { items, error } = autoDecoder.decode(whole.subarray(0, whole.length - 4))
    assert.deepEqual(
      items.map(({ message }) => message),
      ['x', 'y'],
    )
    assert.equal(errorCode(error), 'GZIP_DAMAGED')
  })

  it('takes objects for JSON when all of it is, and anything else for text', () => {
    bothWays(autoDecoder, '{"a":\n1}\n{"b":2}', ['{"a":\n1}', '{"b":2}'])
    bothWays(autoDecoder, '{"a":1} is what I saw\n{"b":2}', ['{"a":1} is what I saw', '{"b":2}'])
    bothWays(autoDecoder, '[2017-05-01] started\n\n{', ['[2017-05-01] started', '{'])
    bothWays(autoDecoder, '{"unbroken":false,"enc_id":1}\n', ['{"unbroken":false,"enc_id":1}'])
    bothWays(autoDecoder, '', [])
    bothWays(autoDecoder, ' \n', [' '])
  })

  it('keeps what precedes the damage of a gzip', () => {
    const lines = Array.from({ length: 1000 }, (_, number) => `line ${number} ${Math.cos(number)}`)
    const whole = gzipSync(lines.join('\n'))
    const { messages, code } = messagesOf(autoDecoder, whole.subarray(0, whole.length / 2))
    assert.equal(code, 'GZIP_DAMAGED')
    assert.deepEqual(messages.slice(0, 100), lines.slice(0, 100))
  })
})
