import { failure, type Call, type Reply } from './reply.ts'

export interface KvStoreLimits {
  readonly maxDocumentsPerBatchSave?: number
  readonly maxRowsPerQuery?: number
}

export type Document = Record<string, unknown> & { _key: string }
type State = 'ready' | 'starting' | 'failed' | 'shuttingdown' | 'disabled' | 'absent'

/** The KV store behind splunkd: collections of documents by `_key`, of any app. */
export class KvStore {
  /** By app and collection, `kinloader/kinloader_checkpoints`. */
  readonly collections = new Map<string, Map<string, Document>>()
  /** Field types by app and collection, as set through `config`; checked on every save. */
  readonly fields = new Map<string, Map<string, string>>()
  readonly #limits: KvStoreLimits
  #state: State = 'ready'

  constructor(limits: KvStoreLimits) {
    this.#limits = limits
  }

  /** `absent` is a universal forwarder, which has no such endpoints; all but `ready` answer no data. */
  setState(state: State): void {
    this.#state = state
  }

  /** The documents of a collection, made when there is none. */
  documents(app: string, collection: string): Map<string, Document> {
    const name = `${app}/${collection}`
    const documents = this.collections.get(name) ?? new Map<string, Document>()
    this.collections.set(name, documents)
    return documents
  }

  status(): Reply {
    if (this.#state === 'absent') return failure(404, 'Not Found')
    return { status: 200, body: { entry: [{ name: 'status', content: { current: { status: this.#state } } }] } }
  }

  /** What is below `/servicesNS/nobody/<app>/storage/collections`. */
  answer(app: string, [area, collection, ...rest]: readonly string[], call: Call): Reply {
    if (this.#state === 'absent') return failure(404, 'Not Found')
    if (this.#state !== 'ready') return failure(503, `KV Store is ${this.#state}.`)
    if (area === 'config') return this.#config(app, collection, call)
    const documents = this.collections.get(`${app}/${collection ?? ''}`)
    if (area !== 'data' || documents === undefined) return failure(404, 'Could not find object.')
    const types = this.fields.get(`${app}/${collection ?? ''}`) ?? new Map<string, string>()
    const [key] = rest
    try {
      if (key === undefined) return this.#all(documents, types, call)
      if (key === 'batch_save' && call.method === 'POST') return this.#batchSave(documents, types, call)
      return one(documents, types, key, call)
    } catch (error) {
      return error instanceof Refused
        ? failure(error.status, error.message)
        : failure(400, 'JSON in the request is invalid.')
    }
  }

  #config(app: string, collection: string | undefined, { method, body }: Call): Reply {
    const form = new URLSearchParams(body)
    if (method === 'GET' && collection === undefined) {
      const entry = [...this.collections.keys()].map((name) => ({ name: name.split('/')[1] }))
      return { status: 200, body: { entry } }
    }
    if (method === 'POST' && collection === undefined) {
      const name = form.get('name') ?? ''
      if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) return failure(400, 'The name of the collection is invalid.')
      if (this.collections.has(`${app}/${name}`)) return failure(409, `An object with name=${name} already exists`)
      this.documents(app, name)
      this.#define(`${app}/${name}`, form)
      return { status: 201, body: { entry: [{ name }] } }
    }
    if (collection === undefined || !this.collections.has(`${app}/${collection}`)) {
      return failure(404, 'Could not find object.')
    }
    if (method === 'POST') this.#define(`${app}/${collection}`, form)
    return { status: 200, body: { entry: [{ name: collection }] } }
  }

  #define(name: string, form: URLSearchParams): void {
    const types = this.fields.get(name) ?? new Map<string, string>()
    for (const [key, type] of form) if (key.startsWith('field.')) types.set(key.slice('field.'.length), type)
    this.fields.set(name, types)
  }

  #all(documents: Map<string, Document>, types: Map<string, string>, { method, query, body }: Call): Reply {
    const wanted = [...documents.values()].filter(matcher(query.get('query') ?? '{}'))
    if (method === 'DELETE') {
      for (const document of wanted) documents.delete(document._key)
      return { status: 200 }
    }
    if (method === 'POST') {
      const document = checked(JSON.parse(body), types)
      const key = document._key ?? `${documents.size}-${Math.random()}`
      if (documents.has(key)) return failure(409, 'A document with the same key and user already exists.')
      documents.set(key, { ...document, _key: key })
      return { status: 201, body: { _key: key } }
    }
    const sort = query.get('sort')
    if (sort !== null) wanted.sort((a, b) => (String(a[sort]) < String(b[sort]) ? -1 : 1))
    const skip = Number(query.get('skip') ?? 0)
    const limit = Number(query.get('limit') ?? 0)
    const most = this.#limits.maxRowsPerQuery ?? 50_000
    const fields = query.get('fields')?.split(',')
    const rows = wanted.slice(skip, skip + (limit > 0 ? Math.min(limit, most) : most))
    if (fields === undefined) return { status: 200, body: rows.map((row) => ({ ...row, _user: 'nobody' })) }
    return { status: 200, body: rows.map((row) => Object.fromEntries(fields.map((field) => [field, row[field]]))) }
  }

  #batchSave(documents: Map<string, Document>, types: Map<string, string>, { body }: Call): Reply {
    const rows: unknown = JSON.parse(body)
    if (!Array.isArray(rows)) return failure(400, 'The request must be an array of documents.')
    const most = this.#limits.maxDocumentsPerBatchSave ?? 1000
    if (rows.length > most)
      return failure(400, `Request exceeds API limits: ${rows.length} documents, at most ${most}.`)
    const keys = rows.map((row) => {
      const document = checked(row, types)
      const key = document._key ?? `${documents.size}-${Math.random()}`
      documents.set(key, { ...document, _key: key })
      return key
    })
    return { status: 200, body: keys }
  }
}

class Refused extends Error {
  readonly status: number

  constructor(status: number, text: string) {
    super(text)
    this.status = status
  }
}

function one(documents: Map<string, Document>, types: Map<string, string>, key: string, { method, body }: Call): Reply {
  const document = documents.get(key)
  if (document === undefined) return failure(404, 'Could not find object.')
  if (method === 'DELETE') {
    documents.delete(key)
    return { status: 200 }
  }
  if (method === 'POST') {
    // The whole document is replaced: fields which are not sent are gone.
    documents.set(key, { ...checked(JSON.parse(body), types), _key: key })
    return { status: 200, body: { _key: key } }
  }
  return { status: 200, body: document }
}

function checked(value: unknown, types: Map<string, string>): Record<string, unknown> & { _key?: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused(400, 'Not a document.')
  for (const [field, type] of types) {
    const given: unknown = (value as Record<string, unknown>)[field]
    if (given !== undefined && type === 'string' && typeof given !== 'string') {
      throw new Refused(400, `Field ${field} is not a string.`)
    }
  }
  return value as Record<string, unknown> & { _key?: string }
}

/** Equality of fields is all that is understood. */
function matcher(query: string): (document: Document) => boolean {
  const wanted = Object.entries(JSON.parse(query) as Record<string, unknown>)
  for (const [field, value] of wanted) {
    if (field.startsWith('$') || typeof value === 'object')
      throw new Refused(400, `The query ${field} is not understood.`)
  }
  return (document) => wanted.every(([field, value]) => document[field] === value)
}
