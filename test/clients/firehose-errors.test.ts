import assert from 'node:assert/strict'
import { faultAction, firehoseAdvice, firehoseFault, type FirehoseFault } from '../../src/clients/firehose-errors.ts'

interface Sign {
  readonly name?: string
  readonly code?: string
  readonly status?: number
}

function errorOf({ name, code, status }: Sign): Error {
  return Object.assign(
    new Error('It said: no.\nToken: secret'),
    name !== undefined && { name },
    code !== undefined && { code },
    status !== undefined && { $metadata: { httpStatusCode: status } },
  )
}

const named = (name: string, status = 400): Sign => ({ name, status })

/** What each sign means, what is done about it, and what a human is told to do. */
const taxonomy: readonly (readonly [FirehoseFault, 'retry' | 'bisect' | 'wait', RegExp, readonly Sign[]])[] = [
  [
    'throttled',
    'retry',
    /ask AWS for a higher quota/,
    [
      named('ServiceUnavailableException', 503),
      named('LimitExceededException'),
      named('ThrottlingException'),
      named('Throttling'),
      named('KMSThrottlingException'),
      named('RequestLimitExceeded', 503),
      named('Unknown', 429),
    ],
  ],
  [
    'unavailable',
    'retry',
    /Health Dashboard/,
    [named('InternalFailure', 500), named('ServiceUnavailable', 503), named('Unknown', 502), named('Unknown', 500)],
  ],
  [
    'unanswered',
    'retry',
    /check network, proxy, region and endpoint/,
    [
      { name: 'TimeoutError', code: 'ETIMEDOUT' },
      { name: 'AbortError' },
      { name: 'SyntaxError', status: 200 },
      { name: 'KinloaderError', code: 'FIREHOSE_TIMEOUT' },
      { name: 'KinloaderError', code: 'BAD_ANSWER' },
      ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOTFOUND', 'CERT_HAS_EXPIRED'].map((code) => ({ code })),
      named('Unknown', 200),
      named('Unknown', 408),
      {},
    ],
  ],
  [
    'invalid',
    'bisect',
    /source is Direct PUT/,
    [named('InvalidArgumentException'), named('ValidationException'), named('Unknown', 413)],
  ],
  ['no_stream', 'wait', /create it, or check its name, region and endpoint/, [named('ResourceNotFoundException')]],
  ['key', 'wait', /enable it and allow Firehose to use it/, [named('InvalidKMSResourceException')]],
  ['source', 'wait', /switch off its CloudWatch decompression/, [named('InvalidSourceException')]],
  [
    'denied',
    'wait',
    /allow firehose:PutRecordBatch/,
    [named('AccessDeniedException'), named('AccessDenied', 403), named('Unknown', 403), named('Unknown', 401)],
  ],
  [
    'credentials',
    'wait',
    /check the key or role, their expiry and this machine's clock/,
    [
      named('ExpiredTokenException'),
      named('ExpiredToken', 403),
      named('UnrecognizedClientException'),
      named('InvalidSignatureException'),
      { name: 'CredentialsProviderError' },
    ],
  ],
  [
    'refused',
    'wait',
    /check stream, region, endpoint and proxy/,
    [named('UnknownOperationException'), named('X', 404)],
  ],
]

describe('errors of Firehose', () => {
  for (const [fault, action, advice, signs] of taxonomy) {
    it(`tells ${fault}: ${action}`, () => {
      for (const sign of signs) assert.equal(firehoseFault(errorOf(sign)), fault, JSON.stringify(sign))
      assert.equal(faultAction(fault), action)
    })

    it(`says what a human must do about ${fault}`, () => {
      const said = firehoseAdvice(fault, errorOf({}), 'orders')
      assert.match(said, advice)
      assert.match(said, /^\S[^\n]* \(It said: no\)$/)
      assert.doesNotMatch(said, /[.!?]\s|secret/)
    })
  }

  it('takes anything thrown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}]) assert.equal(firehoseFault(thrown), 'unanswered')
    assert.equal(firehoseFault({ name: 'AccessDeniedException' }), 'denied', 'an error of another realm')
  })
})
