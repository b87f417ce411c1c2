import assert from 'node:assert/strict'
import { relayExitCode } from '../../../../src/wiring/commands/kinesyslog/exit-codes.ts'

describe('the exit code of a relay', () => {
  for (const [code, wanted, what] of [
    ['LISTEN_DENIED', 77, 'a port which is not allowed'],
    ['SPOOL_READ_ONLY', 77, 'a spool which cannot be written'],
    ['NO_STREAM', 78, 'a stream which is not there'],
    ['SPOOL_LOCKED', 78, 'a second instance'],
    ['WORKER', 1, 'the death of the thread'],
    ['WORKER_START', 1, 'its death before it began'],
    ['SPOOL_LOST', 1, 'a disk which lost messages while it ran'],
    ['ERR_INTERNAL_ASSERTION', 1, 'a fault of ours'],
    ['', 1, 'what has no code'],
  ] as const) {
    it(`is ${wanted} for ${what}`, () => {
      assert.equal(relayExitCode(code), wanted)
    })
  }
})
