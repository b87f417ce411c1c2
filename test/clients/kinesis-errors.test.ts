import assert from 'node:assert/strict'
import { kinesisAdvice } from '../../src/clients/kinesis-advice.ts'
import { httpStatus, kinesisFault, type KinesisFault } from '../../src/clients/kinesis-errors.ts'

interface Sign {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly status?: number
}

function errorOf({ name, message = 'No.', code, status }: Sign): Error {
  return Object.assign(
    new Error(message),
    name !== undefined && { name },
    code !== undefined && { code },
    status !== undefined && { $metadata: { httpStatusCode: status } },
  )
}

const invalid = (message: string): Sign => ({ name: 'InvalidArgumentException', message, status: 400 })
const named = (name: string, status = 400): Sign => ({ name, status })

/** What each sign means, in the service's own words where those decide. */
const taxonomy: readonly (readonly [KinesisFault, readonly Sign[]])[] = [
  [
    'expired-iterator',
    [
      named('ExpiredIteratorException'),
      invalid('Iterator expired. The iterator was created at time Thu Jan 01 00:00:00 UTC 2026'),
      invalid('The shard iterator is older than 5 minutes.'),
    ],
  ],
  [
    'at-end',
    [
      invalid(
        'Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, SequenceNumber has reached max possible value for the shard.',
      ),
    ],
  ],
  [
    'foreign-stream',
    [
      invalid(
        'StartingSequenceNumber 4961 used in GetShardIterator on shard shardId-000000000000 in stream a under account 123456789012 is invalid because it did not come from this stream.',
      ),
    ],
  ],
  [
    'wrong-shard',
    [
      invalid(
        'Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000',
      ),
    ],
  ],
  [
    'too-old',
    [
      invalid(
        'StartingSequenceNumber 4961 used in GetShardIterator on shard shardId-000000000000 in stream a under account 123456789012 is invalid.',
      ),
      invalid('The sequence number is too old.'),
    ],
  ],
  [
    'future',
    [
      invalid(
        'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 2, currentTimestampInMillis: 1',
      ),
      invalid('The timestamp lies in the future.'),
    ],
  ],
  ['bad-iterator', [invalid('Invalid ShardIterator.')]],
  ['gone', [named('ResourceNotFoundException')]],
  [
    'throttled',
    [
      named('ProvisionedThroughputExceededException'),
      named('LimitExceededException'),
      named('KMSThrottlingException'),
      named('ThrottlingException'),
      named('Throttling'),
      named('TooManyRequestsException', 429),
      named('RequestLimitExceeded', 503),
      named('SlowDown', 503),
      { name: 'Error', status: 429 },
    ],
  ],
  ['denied', [named('AccessDeniedException'), named('AccessDenied', 403), { name: 'Unknown', status: 403 }]],
  [
    'key',
    [
      named('KMSAccessDeniedException'),
      named('KMSDisabledException'),
      named('KMSInvalidStateException'),
      named('KMSNotFoundException'),
      named('KMSOptInRequired'),
    ],
  ],
  [
    'credentials',
    [
      named('ExpiredTokenException'),
      named('ExpiredToken', 403),
      named('UnrecognizedClientException'),
      named('InvalidClientTokenId', 403),
      named('InvalidSignatureException'),
      named('SignatureDoesNotMatch', 403),
      named('IncompleteSignatureException'),
      named('MissingAuthenticationTokenException'),
      named('RequestExpired'),
      { name: 'CredentialsProviderError' },
      { name: 'TokenProviderError' },
    ],
  ],
  ['expired-token', [named('ExpiredNextTokenException')]],
  [
    'transient',
    [
      named('InternalFailure', 500),
      named('ServiceUnavailable', 503),
      { name: 'Unknown', status: 500 },
      { name: 'Unknown', status: 502 },
      { name: 'TimeoutError', code: 'ETIMEDOUT' },
      { name: 'SyntaxError', status: 200 },
      { name: 'SyntaxError', status: 404 },
      ...[
        'ECONNRESET',
        'ECONNREFUSED',
        'EPIPE',
        'ETIMEDOUT',
        'EHOSTUNREACH',
        'ENETUNREACH',
        'ENOTFOUND',
        'EAI_AGAIN',
        'CERT_HAS_EXPIRED',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'ERR_TLS_CERT_ALTNAME_INVALID',
      ].map((code) => ({ code })),
      { message: 'no answer, no code, nothing' },
      // An answer which is none of Kinesis: a page with status 200.
      { name: 'Unknown', status: 200 },
    ],
  ],
  ['aborted', [{ name: 'AbortError' }, { code: 'ABORT_ERR' }]],
  ['refused', [invalid('Limit must be positive'), named('ValidationException'), named('UnknownOperationException')]],
]

describe('errors of Kinesis', () => {
  for (const [fault, signs] of taxonomy) {
    it(`tells ${fault}`, () => {
      for (const sign of signs) assert.equal(kinesisFault(errorOf(sign)), fault, JSON.stringify(sign))
    })
  }

  it('takes anything thrown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}, { code: 'EPIPE' }]) {
      assert.equal(kinesisFault(thrown), 'transient')
    }
    assert.equal(kinesisFault({ name: 'AccessDeniedException' }), 'denied', 'an error of another realm')
  })

  it('reads the HTTP status where there was an answer', () => {
    assert.equal(httpStatus(errorOf({ status: 400 })), 400)
    for (const none of [
      undefined,
      null,
      {},
      errorOf({}),
      { $metadata: null },
      { $metadata: { httpStatusCode: '400' } },
    ]) {
      assert.equal(httpStatus(none), undefined)
    }
  })
})

describe('advice on an error of Kinesis', () => {
  it('is half a sentence with what was said, whatever the fault', () => {
    for (const [fault, signs] of taxonomy) {
      for (const sign of signs) {
        const advice = kinesisAdvice(fault, errorOf({ ...sign, message: 'It said: no.\nToken: secret' }), 'orders')
        assert.match(advice, /^\S[^\n]* \(It said: no\)$/)
        assert.doesNotMatch(advice, /[.!?]\s|secret/)
      }
    }
  })

  for (const [fault, sign, wanted] of [
    ['gone', {}, /orders does not exist.*check its name, region and endpoint/],
    [
      'denied',
      {},
      /allow kinesis:DescribeStreamSummary, kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRe/,
    ],
    ['denied', { message: 'not authorized to perform: sts:AssumeRole on' }, /allow sts:AssumeRole/],
    ['key', {}, /enable it and allow kms:Decrypt/],
    ['credentials', {}, /check the key, its expiry, the role and this machine's clock/],
    ['credentials', { message: "scoped to a valid region, not 'x'" }, /correct region or endpoint/],
    ['credentials', { name: 'CredentialsProviderError' }, /there are no AWS credentials.*give a key/],
    ['transient', {}, /check network, proxy, region and endpoint/],
    ['wrong-shard', {}, /correct or delete it and restart the input/],
    ['future', {}, /clock is ahead.*set it right/],
    ['refused', {}, /check stream, region and endpoint/],
  ] as const) {
    it(`says what to do about ${fault}${'message' in sign ? `, ${sign.message}` : ''}`, () => {
      assert.match(kinesisAdvice(fault, errorOf(sign), 'orders'), wanted)
    })
  }
})
