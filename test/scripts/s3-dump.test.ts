import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { membersOf } from '../../scripts/s3-dump.ts'

const record = (group: string, messages: readonly string[], messageType = 'DATA_MESSAGE'): Buffer =>
  gzipSync(JSON.stringify({ messageType, logGroup: group, logEvents: messages.map((message) => ({ message })) }))

describe('the dump of objects which Firehose wrote', () => {
  it('cuts an object into its members', () => {
    const texts = ['', '\uFEFFgröße\n', 'x'.repeat(100_000)]
    assert.deepEqual([...membersOf(Buffer.concat(texts.map((text) => gzipSync(text))))], texts)
  })

  it('is strict: it is there to find faults', () => {
    const good = gzipSync('message')
    for (const at of [0, 3, good.length - 8, good.length - 4]) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ 1
      assert.throws(() => [...membersOf(Buffer.concat([good, bad]))], /member at byte 27/)
    }
    assert.throws(() => [...membersOf(Buffer.concat([good, Buffer.from('\n')]))], /no plain gzip member/)
    assert.throws(() => [...membersOf(gzipSync(Buffer.from([0xff])))], /not valid/)
    assert.throws(() => [...membersOf(good.subarray(0, -4))], RangeError)
  })

  it('prints the messages of a group, of a length', () => {
    const input = Buffer.concat([
      record('/kinesyslog/syslog/514', ['<13>a', '<13>größe']),
      record('/kinesyslog/gelf/12201', ['{"version":"1.1"}']),
      record('', ['CWL CONTROL MESSAGE: Checking health of destination Firehose.'], 'CONTROL_MESSAGE'),
    ])
    const script = fileURLToPath(new URL('../../scripts/s3-dump.ts', import.meta.url))
    const print = (...args: readonly string[]): string =>
      execFileSync(process.execPath, [script, ...args], { input }).toString()
    assert.equal(print(), '<13>a\n<13>größe\n{"version":"1.1"}\n')
    assert.equal(print('--group', '/kinesyslog/syslog', '--length', '11'), '<13>größe\n')
  })
})
