import { AwsError } from './errors.ts'

export interface AccessOptions {
  /** Refuses requests without a signature. Default true. */
  requireSignature?: boolean
  /** Access key ids which are let in; absent lets any in. */
  accessKeyIds?: readonly string[]
  accountId: string
  region: string
}

/** Who may do what. Signatures must be there and name the right region; their sum is not checked. */
export class Access {
  readonly #options: AccessOptions
  readonly #accessKeyIds: Set<string> | undefined
  readonly #denied = new Set<string>()

  constructor(options: AccessOptions) {
    this.#options = options
    this.#accessKeyIds = options.accessKeyIds === undefined ? undefined : new Set(options.accessKeyIds)
  }

  /** The policy denies the operation from now on. */
  deny(operation: string): void {
    this.#denied.add(operation)
  }

  allow(operation: string): void {
    this.#denied.delete(operation)
  }

  /** Keys which were issued later, such as those of an assumed role. */
  admit(accessKeyId: string): void {
    this.#accessKeyIds?.add(accessKeyId)
  }

  /** Throws what the service answers before it looks at the request. */
  check(service: string, operation: string, authorization: string | undefined, resource: string): void {
    const { accountId, region, requireSignature = true } = this.#options
    const scope = /Credential=([^/,]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization ?? '')
    const [, accessKeyId, signedRegion, signedService] = scope ?? []
    if (accessKeyId === undefined) {
      if (!requireSignature) return
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
    }
    if (this.#accessKeyIds?.has(accessKeyId) === false) {
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
    }
    if (signedRegion !== region || signedService !== service) {
      const what =
        signedRegion === region ? `correct service: '${service}'` : `valid region, not '${signedRegion ?? ''}'`
      throw new AwsError('InvalidSignatureException', `Credential should be scoped to a ${what}.`)
    }
    if (this.#denied.has(operation)) {
      const action = `${service}:${operation}`
      throw new AwsError(
        'AccessDeniedException',
        `User: arn:aws:iam::${accountId}:user/tester is not authorized to perform: ${action} on resource: ${resource} ` +
          `because no identity-based policy allows the ${action} action`,
      )
    }
  }
}
