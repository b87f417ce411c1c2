import assert from 'node:assert/strict'
import { awsMessage } from '../../src/clients/aws-message.ts'

describe('what AWS said', () => {
  for (const [what, error, quoted] of [
    [
      'a sentence, without its full stop',
      new Error('Stream a under account 1 not found.'),
      'Stream a under account 1 not found',
    ],
    ['the first line alone', new Error('\n Refused: see below \r\n  x-amz-security-token: abc'), 'Refused: see below'],
    [
      'nothing of the canonical request, on one line either',
      new Error('No match. The Canonical String is token'),
      'No match',
    ],
    ['no page in the place of JSON', new SyntaxError('Unexpected token < in "<html>secret"'), 'the answer is not JSON'],
    ['the code where there is no text', Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [
      'what the HTTP handler says, without its name',
      new Error('@smithy/node-http-handler - [ERROR] too late.'),
      'too late',
    ],
    ['what is no error at all', 'plain', 'plain'],
    ['400 characters of a long one', new Error('x'.repeat(5000)), 'x'.repeat(400)],
  ] as const) {
    it(`is quoted as ${what}`, () => {
      assert.equal(awsMessage(error), quoted)
    })
  }
})
