/** An answer other than 200, by its AWS name; the service's words are kept, as readers take decisions by them. */
export class AwsError extends Error {
  override readonly name: string
  readonly status: number

  constructor(name: string, message: string, status = 400) {
    super(message)
    this.name = name
    this.status = status
  }
}

export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgumentException', message)
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message)
}

export function throughputExceeded(shardId: string, streamName: string, accountId: string): AwsError {
  return new AwsError(
    'ProvisionedThroughputExceededException',
    `Rate exceeded for shard ${shardId} in stream ${streamName} under account ${accountId}.`,
  )
}

/** `where` is the path the service names, such as `records.1.member.data`. */
export function validation(where: string, value: string, constraint: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value ${value} at '${where}' failed to satisfy constraint: ${constraint}`,
  )
}
