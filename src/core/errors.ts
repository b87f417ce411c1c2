/**
 * The error of this product. Decide by `code` or `retryable`, never by the text, and never by `instanceof` across
 * bundles: two copies of the class may be loaded.
 *
 * The message is one sentence for the user which says what to do. Secrets are left out where the error is made.
 */
export class KinloaderError extends Error {
  override readonly name = 'KinloaderError'
  /** Stable, in capitals, public: users match it. */
  readonly code: string
  /** Whether the same call may succeed later without anybody's help. */
  readonly retryable: boolean

  constructor(code: string, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** The `code` of anything thrown: ours, Node's (`EPIPE`), or else the AWS error's name; empty when it has none. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'name' in error && typeof error.name === 'string' ? error.name : ''
}

/** One line of anything thrown, for a log: line breaks become spaces, no stack. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ')
}
