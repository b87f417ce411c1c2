import assert from 'node:assert/strict'
import { on } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { isDiskTrouble } from '../../../../src/sinks/spooling/errors.ts'
import { recordFailure, serveRecords } from '../../../../src/wiring/commands/kinesyslog/record-making.ts'

describe('why no records can be made', () => {
  const failures: Record<string, { readonly fails: () => unknown; readonly code: string; readonly passes: boolean }> = {
    'no memory for an array': { fails: () => new ArrayBuffer(1e15), code: 'ENOMEM', passes: true },
    'no memory for a buffer': { fails: () => Buffer.allocUnsafe(1e15), code: 'ENOMEM', passes: true },
    'no memory for the compressor': {
      fails: () => {
        throw Object.assign(new Error('insufficient memory'), { code: 'Z_MEM_ERROR' })
      },
      code: 'ENOMEM',
      passes: true,
    },
    'a length which is none': { fails: () => new ArrayBuffer(-1), code: 'RangeError', passes: false },
    'a text which is too long': { fails: () => 'x'.repeat(2 ** 30), code: 'RangeError', passes: false },
    'something without a name': {
      fails: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- others do
        throw 'no luck'
      },
      code: 'RECORDS_FAILED',
      passes: false,
    },
  }
  for (const [what, { fails, code, passes }] of Object.entries(failures)) {
    it(`${what} is ${passes ? 'the machine’s, and passes' : 'the segment’s own'}`, () => {
      const failure = recordFailure(thrownBy(fails))
      assert.equal(failure.code, code)
      assert.equal(isDiskTrouble(failure.code), passes)
    })
  }
})

describe('the making of records', () => {
  it('says that it has begun, before it looks at the segment', async () => {
    const { port1: asking, port2: making } = new MessageChannel()
    const answers = on(asking, 'message')[Symbol.asyncIterator]()
    const heard = async (): Promise<unknown> => ((await answers.next()).value as readonly unknown[])[0]
    serveRecords(making, { recordsPath: '/', groupPrefix: '', timeZone: 'UTC', packs: false, isSynced: false })
    asking.postMessage({ segment: { file: 'a', path: '/none/a', bytes: 1, isLeftover: false }, owner: '1' })
    assert.deepEqual(await heard(), { begun: true })
    assert.equal(((await heard()) as { failure: { code: string } }).failure.code, 'SPOOL_NAME')
    asking.close()
  })
})

function thrownBy(fails: () => unknown): unknown {
  try {
    fails()
  } catch (error) {
    return error
  }
  return assert.fail('it did not throw')
}
