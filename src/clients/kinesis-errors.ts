import { errorCode, errorText } from '../core/errors.ts'

/** What an error of Kinesis means for a reader. AWS tells some of them apart by the message's words only. */
export type KinesisFault =
  /** The iterator is older than five minutes. */
  | 'expired-iterator'
  /** The iterator cannot be used, for another reason. */
  | 'bad-iterator'
  /** The position is the last of a closed shard. */
  | 'at-end'
  /** The position belongs to an earlier stream of the same name. */
  | 'foreign-stream'
  /** The position belongs to another shard. */
  | 'wrong-shard'
  /** The service does not take the sequence number; most likely it is older than the retention. */
  | 'too-old'
  /** A timestamp in the future: our clock is ahead. */
  | 'future'
  /** No such stream, or no such shard any more. */
  | 'gone'
  | 'throttled'
  | 'denied'
  /** The stream's KMS key cannot be used. */
  | 'key'
  /** Missing, wrong or expired credentials, or a clock so wrong that signatures fail. */
  | 'credentials'
  /** The paging token is older than 300 s. */
  | 'expired-token'
  /** Network, time-out, 5xx, an answer which cannot be parsed: asking again may help. */
  | 'transient'
  | 'aborted'
  /** The service refuses the request itself. */
  | 'refused'

const byName: Readonly<Record<string, KinesisFault>> = {
  ExpiredIteratorException: 'expired-iterator',
  ResourceNotFoundException: 'gone',
  ProvisionedThroughputExceededException: 'throttled',
  LimitExceededException: 'throttled',
  KMSThrottlingException: 'throttled',
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  TooManyRequestsException: 'throttled',
  RequestLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  AccessDeniedException: 'denied',
  AccessDenied: 'denied',
  UnauthorizedOperation: 'denied',
  KMSAccessDeniedException: 'key',
  KMSDisabledException: 'key',
  KMSInvalidStateException: 'key',
  KMSNotFoundException: 'key',
  KMSOptInRequired: 'key',
  ExpiredTokenException: 'credentials',
  ExpiredToken: 'credentials',
  UnrecognizedClientException: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidSignatureException: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  IncompleteSignatureException: 'credentials',
  MissingAuthenticationToken: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  RequestExpired: 'credentials',
  OptInRequired: 'credentials',
  CredentialsProviderError: 'credentials',
  TokenProviderError: 'credentials',
  ExpiredNextTokenException: 'expired-token',
  AbortError: 'aborted',
  ABORT_ERR: 'aborted',
  TimeoutError: 'transient',
  SyntaxError: 'transient',
  InternalFailure: 'transient',
  InternalFailureException: 'transient',
  ServiceUnavailable: 'transient',
  ServiceUnavailableException: 'transient',
}

const transientCodes =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_SSL_.*|ERR_TLS_.*|HPE_.*|UND_ERR_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/

export function kinesisFault(error: unknown): KinesisFault {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidArgumentException') return invalidArgument(errorText(error))
  const known = byName[name] ?? byName[errorCode(error)]
  if (known !== undefined) return known
  if (transientCodes.test(errorCode(error))) return 'transient'
  const status = httpStatus(error)
  if (status === 429) return 'throttled'
  if (status === 403) return 'denied'
  // No answer at all, one which is no answer of Kinesis, or a server's fault.
  return status === undefined || status >= 500 || status < 400 ? 'transient' : 'refused'
}

function invalidArgument(message: string): KinesisFault {
  if (/max possible value/i.test(message)) return 'at-end'
  if (/did not come from this stream/i.test(message)) return 'foreign-stream'
  if (/encodes shardId/i.test(message)) return 'wrong-shard'
  if (/expired|older than/i.test(message) && /iterator/i.test(message)) return 'expired-iterator'
  if (/timestamp/i.test(message) && /future|greater than/i.test(message)) return 'future'
  if (/sequence ?number/i.test(message)) return 'too-old'
  if (/iterator/i.test(message)) return 'bad-iterator'
  return 'refused'
}

/** The HTTP status behind an SDK error, or undefined when there was no answer. */
export function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
