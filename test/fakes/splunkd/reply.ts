/** What an endpoint answers. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
}

/** A request, taken apart. */
export interface Call {
  readonly method: string
  /** Path parts, unescaped: `servicesNS`, `nobody`, `kinloader`, … */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly body: string
}

/** An error as splunkd words it. */
export function failure(status: number, text: string): Reply {
  return { status, body: { messages: [{ type: status === 503 ? 'FATAL' : 'ERROR', text }] } }
}
