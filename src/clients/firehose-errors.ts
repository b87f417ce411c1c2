import { errorCode } from '../core/errors.ts'
import { awsMessage } from './aws-message.ts'
import { httpStatus } from './kinesis-errors.ts'

/** What an error of Firehose means for somebody who puts records. */
export type FirehoseFault =
  /** The stream takes less than it is given. */
  | 'throttled'
  /** A server's fault. */
  | 'unavailable'
  /** No answer, or none of Firehose. The records may have arrived all the same. */
  | 'unanswered'
  /** Something in the request is refused: one record of it, or the request as such. */
  | 'invalid'
  | 'no_stream'
  /** The stream's KMS key cannot be used. */
  | 'key'
  /** The stream takes only what CloudWatch Logs sends. */
  | 'source'
  | 'denied'
  /** Missing, wrong or expired credentials, or a clock so wrong that signatures fail. */
  | 'credentials'
  /** Another refusal. */
  | 'refused'

/**
 * `retry`: the whole call, after a growing delay. `bisect`: look for the one record which is refused. `wait`: nothing
 * but a human helps; the records are kept and tried again now and then.
 */
export type FaultAction = 'retry' | 'bisect' | 'wait'

interface Row {
  readonly action: FaultAction
  /** Error names, or codes of Node, which mean it. */
  readonly names: readonly string[]
  /** What a human must do; half a sentence. */
  readonly advice: (stream: string) => string
}

/** The whole taxonomy. What is not named here is told by its HTTP status. */
const rows: Readonly<Record<FirehoseFault, Row>> = {
  throttled: {
    action: 'retry',
    names: [
      // Firehose's own word for "Slow down."; AWS says that its quota is the reason if it stays.
      'ServiceUnavailableException',
      'LimitExceededException',
      'KMSThrottlingException',
      'ThrottlingException',
      'ThrottledException',
      'Throttling',
      'TooManyRequestsException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'SlowDown',
    ],
    advice: (stream) => `stream ${stream} takes less than it is given; ask AWS for a higher quota if this stays`,
  },
  unavailable: {
    action: 'retry',
    names: ['InternalFailure', 'InternalFailureException', 'InternalServerError', 'ServiceUnavailable'],
    advice: () => 'Firehose has a fault of its own; see the AWS Health Dashboard if this stays',
  },
  unanswered: {
    action: 'retry',
    names: ['TimeoutError', 'AbortError', 'ABORT_ERR', 'RequestTimeout', 'RequestTimeoutException', 'SyntaxError'],
    advice: () => 'Firehose cannot be reached or does not answer properly; check network, proxy, region and endpoint',
  },
  invalid: {
    action: 'bisect',
    names: ['InvalidArgumentException', 'ValidationException', 'SerializationException'],
    advice: (stream) =>
      `stream ${stream} refuses the request; see that its source is Direct PUT, and look at the record which is refused`,
  },
  no_stream: {
    action: 'wait',
    names: ['ResourceNotFoundException'],
    advice: (stream) =>
      `stream ${stream} does not exist in this region and account; create it, or check its name, region and endpoint`,
  },
  key: {
    action: 'wait',
    names: ['InvalidKMSResourceException'],
    advice: (stream) => `the KMS key of stream ${stream} cannot be used; enable it and allow Firehose to use it`,
  },
  source: {
    action: 'wait',
    names: ['InvalidSourceException'],
    advice: (stream) =>
      `stream ${stream} takes records of CloudWatch Logs only; switch off its CloudWatch decompression`,
  },
  denied: {
    action: 'wait',
    names: ['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation', 'NotAuthorized'],
    advice: (stream) =>
      `access to stream ${stream} is denied; allow firehose:PutRecordBatch and firehose:DescribeDeliveryStream on it`,
  },
  credentials: {
    action: 'wait',
    names: [
      'ExpiredTokenException',
      'ExpiredToken',
      'UnrecognizedClientException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
      'IncompleteSignature',
      'IncompleteSignatureException',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'RequestExpired',
      'OptInRequired',
      'CredentialsProviderError',
      'TokenProviderError',
    ],
    advice: () => "AWS does not take the credentials; check the key or role, their expiry and this machine's clock",
  },
  refused: {
    action: 'wait',
    names: [],
    advice: (stream) => `Firehose refuses the request for stream ${stream}; check stream, region, endpoint and proxy`,
  },
}

const byName: ReadonlyMap<string, FirehoseFault> = new Map(
  (Object.keys(rows) as FirehoseFault[]).flatMap((fault) => rows[fault].names.map((name) => [name, fault] as const)),
)

export function firehoseFault(error: unknown): FirehoseFault {
  const name = error instanceof Error ? error.name : ''
  const known = byName.get(name) ?? byName.get(errorCode(error))
  if (known !== undefined) return known
  const status = httpStatus(error)
  // Neither an answer nor a name: the network. Below 400 it is somebody's answer, not Firehose's.
  if (status === undefined || status < 400 || status === 408) return 'unanswered'
  if (status >= 500) return 'unavailable'
  if (status === 429) return 'throttled'
  // A proxy takes smaller requests only.
  if (status === 413) return 'invalid'
  if (status === 401 || status === 403) return 'denied'
  return 'refused'
}

export function faultAction(fault: FirehoseFault): FaultAction {
  return rows[fault].action
}

/** Half a sentence for the person who has to act, with what was said; the caller gives it a capital and a full stop. */
export function firehoseAdvice(fault: FirehoseFault, error: unknown, stream: string): string {
  return `${rows[fault].advice(stream)} (${awsMessage(error)})`
}
