import assert from 'node:assert/strict'
import { relayExitCode } from '../../../../src/wiring/commands/kinesyslog/exit-codes.ts'

describe('the exit codes of kinesyslog', () => {
  for (const [code, expected] of [
    ['CONFIGURATION', 78],
    ['CIDR_INVALID', 78],
    ['TLS_UNUSABLE', 78],
    ['LISTEN_IN_USE', 78],
    ['LISTEN_DENIED', 77],
    ['TLS_FILE_DENIED', 77],
    ['EACCES', 77],
    ['WORKER', 1],
    ['ERR_INVALID_ARG_TYPE', 1],
    ['ENOENT', 1],
  ] as const) {
    it(`are ${expected} for ${code}`, () => {
      assert.equal(relayExitCode(code), expected)
    })
  }
})
