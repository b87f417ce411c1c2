import assert from 'node:assert/strict'
import { Base64Text } from '../../src/core/base64-text.ts'
import { type DumpRecord, dumpLine } from '../../src/codecs/dump-line-encoding.ts'

describe('the line of a record in a dump', () => {
  const record: DumpRecord = {
    arrivedMs: Date.UTC(2017, 4, 1, 12, 0, 0, 120),
    partitionKey: 'broken-4611686018427387905',
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    data: Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0xff]),
  }

  const lines: readonly (readonly [string, Partial<DumpRecord>, string])[] = [
    [
      'has its keys in order and the fraction of its time without zeros at the end',
      {},
      '{"arrival_time":"2017-05-01T12:00:00.12Z","partition_key":"broken-4611686018427387905","seq":"49590338271490256608559692538361571095921575989136588898","data":"H4sIAP8="}\n',
    ],
    [
      'has no fraction at a whole second',
      { arrivedMs: Date.UTC(2017, 4, 1, 12), partitionKey: 'k', sequenceNumber: '1', data: Buffer.alloc(0) },
      '{"arrival_time":"2017-05-01T12:00:00Z","partition_key":"k","seq":"1","data":""}\n',
    ],
    [
      'has Go’s zero where Kinesis told no time, and an empty key where it told none',
      { arrivedMs: undefined, partitionKey: undefined, sequenceNumber: '1', data: Buffer.from('a') },
      '{"arrival_time":"0001-01-01T00:00:00Z","partition_key":"","seq":"1","data":"YQ=="}\n',
    ],
    [
      'escapes a key as Go does',
      { arrivedMs: 1, partitionKey: '<a>&"\\\u2028\u0001é\ud800', sequenceNumber: '1', data: Buffer.from('ab') },
      String.raw`{"arrival_time":"1970-01-01T00:00:00.001Z","partition_key":"\u003ca\u003e\u0026\"\\\u2028\u0001é` +
        '\ufffd","seq":"1","data":"YWI="}\n',
    ],
    [
      'goes back before 1970',
      { arrivedMs: -1, partitionKey: 'k', sequenceNumber: '1', data: Buffer.from('abc') },
      '{"arrival_time":"1969-12-31T23:59:59.999Z","partition_key":"k","seq":"1","data":"YWJj"}\n',
    ],
  ]

  for (const [name, changes, line] of lines) {
    it(name, () => {
      assert.equal(dumpLine({ ...record, ...changes }).toString(), line)
    })
  }

  it('takes a view of a larger buffer for what it is', () => {
    const whole = Uint8Array.from(Buffer.from('xabcx'))
    assert.match(dumpLine({ ...record, data: whole.subarray(1, 4) }).toString(), /"data":"YWJj"}\n$/)
  })

  for (const bytes of [0, 1, 700, 5000]) {
    it(`is the same from ${bytes} bytes which are in base64 already`, () => {
      const data = Buffer.alloc(bytes, 'data')
      const base64 = Base64Text.of(Buffer.from(data.toString('base64')))
      const pieces = dumpLine({ ...record, data: Buffer.from('not looked at'), base64 })
      const line = pieces instanceof Uint8Array ? pieces : Buffer.concat(pieces)
      assert.deepEqual(line, dumpLine({ ...record, data }))
    })
  }
})
