import assert from 'node:assert/strict'
import { isDiskTrouble } from '../../../../src/sinks/spooling/errors.ts'
import { recordFailure } from '../../../../src/wiring/commands/kinesyslog/record-making.ts'

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

function thrownBy(fails: () => unknown): unknown {
  try {
    fails()
  } catch (error) {
    return error
  }
  return assert.fail('it did not throw')
}
