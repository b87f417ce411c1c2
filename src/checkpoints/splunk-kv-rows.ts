import { servicePath, type SplunkdClient } from '../clients/splunkd.ts'

export interface KvRowsOptions {
  readonly client: SplunkdClient
  readonly app: string
  readonly collection: string
  /** Fields and the values they must have. Default: all documents. */
  readonly where?: Readonly<Record<string, string>>
  /** Rows asked for at once; limits.conf allows 50,000. Default 5,000. */
  readonly pageRows?: number | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * The documents of a collection, page by page, until a page is empty: splunkd cuts pages shorter than asked by its
 * own limits of rows and bytes.
 */
export async function* kvRows(options: KvRowsOptions): AsyncGenerator<readonly Readonly<Record<string, unknown>>[]> {
  const { client, app, collection, where = {}, pageRows = 5000, signal } = options
  const path = servicePath(app, 'storage', 'collections', 'data', collection)
  let skip = 0
  for (;;) {
    const query = { query: JSON.stringify(where), sort: '_key', limit: String(pageRows), skip: String(skip) }
    const rows = await client.request({ method: 'GET', path, query, signal })
    if (!Array.isArray(rows) || rows.length === 0) return
    yield rows as Readonly<Record<string, unknown>>[]
    skip += rows.length
  }
}
