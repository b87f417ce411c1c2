import { createHash } from 'node:crypto'
import { servicePath, type SplunkdClient, type SplunkdRequest } from '../clients/splunkd.ts'
import { Backoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { CheckableStore } from './checkable.ts'
import { aborted } from './errors.ts'
import { readerKey, type ReaderIdentity } from './reader-identity.ts'
import { kvRows } from './splunk-kv-rows.ts'

/** The collection, the same for all inputs of an app. */
export const kvCollection = 'kinloader_checkpoints'

export interface SplunkKvCheckpointStoreOptions {
  readonly client: SplunkdClient
  readonly clock: Clock
  readonly logger: Logger
  readonly reader: ReaderIdentity
  /** The app the collection belongs to. Default `kinloader`. */
  readonly app?: string
  /** How long the first call waits for a KV store which is starting, in milliseconds. Default 300,000. */
  readonly startTimeoutMs?: number
  /** Rows asked for at once. Default 5,000. */
  readonly pageRows?: number
}

/**
 * Checkpoints in Splunk's KV store, a document each:
 *
 *     { "_key":       SHA-256 of reader, "\n" and key, in hex: a key may hold what a URL may not
 *       "reader":     ["us-east-1","app","main"] as JSON text
 *       "shard":      "shardId-000000000000"
 *       "checkpoint": opaque text
 *       "timestamp":  "2026-01-01T00:00:00.000Z", when it was saved }
 *
 * All fields are strings; a sequence number has 56 digits. Within a batch splunkd stores document by document, so
 * a save which fails may have stored some of them, each whole. The KV store has no compare-and-set: two readers can
 * be noticed, not kept apart.
 *
 * The first call waits while splunkd and its KV store start, for minutes, with one line in the log. Where there is
 * no KV store (a universal forwarder, or disabled) it fails at once. Later calls do not wait: what they could not
 * do, the caller tries again.
 */
export class SplunkKvCheckpointStore implements CheckableStore {
  readonly #options: SplunkKvCheckpointStoreOptions
  readonly #app: string
  readonly #reader: string
  #ready = false

  constructor(options: SplunkKvCheckpointStoreOptions) {
    this.#options = options
    this.#app = options.app ?? 'kinloader'
    this.#reader = readerKey(options.reader)
  }

  async load(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    await this.#untilReady(signal)
    const { client, pageRows } = this.#options
    const where = { reader: this.#reader }
    const entries = new Map<string, string>()
    try {
      for await (const rows of kvRows({ client, app: this.#app, collection: kvCollection, where, pageRows, signal })) {
        for (const { reader, shard, checkpoint } of rows) {
          if (reader !== this.#reader || typeof shard !== 'string' || typeof checkpoint !== 'string') continue
          entries.set(shard, checkpoint)
        }
        if (entries.size > maxDocuments) throw tooLarge()
      }
    } catch (error) {
      throw this.#explained(error)
    }
    return entries
  }

  async save(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<readonly string[]> {
    await this.#untilReady(signal)
    const timestamp = new Date(this.#options.clock.now()).toISOString()
    const documents: unknown[] = []
    const removed: string[] = []
    for (const [shard, checkpoint] of changes) {
      const _key = this.#documentKey(shard)
      if (checkpoint === null) removed.push(_key)
      else documents.push({ _key, reader: this.#reader, shard, checkpoint, timestamp })
    }
    for (let at = 0; at < documents.length; at += maxBatch) {
      await this.#data({ method: 'POST', json: documents.slice(at, at + maxBatch), signal }, 'batch_save')
    }
    for (let at = 0; at < removed.length; at += parallelDeletes) {
      await Promise.all(removed.slice(at, at + parallelDeletes).map((key) => this.#remove(key, signal)))
    }
    return []
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#untilReady(signal)
    await this.#data({ method: 'GET', query: { limit: '1' }, signal })
    // Removing what is not there needs the right to write, and changes nothing.
    await this.#remove(this.#documentKey('@check'), signal)
  }

  async close(): Promise<void> {
    await this.#options.client.close()
  }

  #documentKey(key: string): string {
    return createHash('sha256').update(`${this.#reader}\n${key}`).digest('hex')
  }

  async #remove(key: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#data({ method: 'DELETE', signal }, key)
    } catch (error) {
      if (errorCode(error) !== 'SPLUNKD_NOT_FOUND') throw error
    }
  }

  async #data(request: Omit<SplunkdRequest, 'path'>, ...below: readonly string[]): Promise<unknown> {
    const path = servicePath(this.#app, 'storage', 'collections', 'data', kvCollection, ...below)
    try {
      return await this.#options.client.request({ ...request, path })
    } catch (error) {
      throw request.method === 'DELETE' ? error : this.#explained(error)
    }
  }

  /** No such collection: somebody removed it under way, and the next call makes it again. */
  #explained(error: unknown): unknown {
    if (errorCode(error) !== 'SPLUNKD_NOT_FOUND') return error
    this.#ready = false
    return new KinloaderError('KV_STORE_COLLECTION_GONE', `The collection ${kvCollection} is gone; it is made again.`, {
      cause: error,
      retryable: true,
    })
  }

  async #untilReady(signal: AbortSignal | undefined): Promise<void> {
    const { clock, logger, startTimeoutMs = 300_000 } = this.#options
    const backoff = new Backoff({ baseMs: 1000, maxMs: 15_000 })
    const startedMs = clock.monotonic()
    for (;;) {
      if (signal?.aborted === true) throw aborted()
      if (this.#ready) return
      const waiting = await this.#prepare(signal)
      if (waiting === undefined) {
        if (backoff.failures > 0) logger.info('kv-store', { state: 'ready' })
        this.#ready = true
        return
      }
      const waitedMs = clock.monotonic() - startedMs
      if (waitedMs >= startTimeoutMs) {
        throw new KinloaderError(
          'KV_STORE_NOT_READY',
          `Splunk's KV store is not ready after ${Math.round(waitedMs / 1000)} s (${errorText(waiting).replace(/\.$/, '')}); if it is just starting, try again in a few minutes, else see "splunk show kvstore-status" and mongod.log, or choose checkpoint_store = dynamodb or filesystem.`,
          { cause: waiting, retryable: true },
        )
      }
      if (backoff.failures === 0) {
        logger.info('kv-store', {
          state: 'waiting for it to start',
          reason: errorText(waiting),
          waitS: startTimeoutMs / 1000,
        })
      }
      await clock.sleep(Math.min(backoff.next(), startTimeoutMs - waitedMs), signal)
    }
  }

  /** Sees that there is a KV store with our collection; answers why it has to be waited for. */
  async #prepare(signal: AbortSignal | undefined): Promise<Error | undefined> {
    try {
      const status = await this.#status(signal)
      if (status === 'disabled' || status === 'failed') throw noKvStore(`it is ${status}`)
      if (status !== 'ready') return new Error(`its status is ${status}`)
      await this.#createCollection(signal)
      return undefined
    } catch (error) {
      if (!(error instanceof KinloaderError) || !error.retryable || error.code === 'ABORTED') throw error
      return error
    }
  }

  async #status(signal: AbortSignal | undefined): Promise<string> {
    try {
      const answer = await this.#options.client.request({ method: 'GET', path: '/services/kvstore/status', signal })
      const { entry } = answer as { entry?: { content?: { current?: { status?: unknown } } }[] }
      const status = entry?.[0]?.content?.current?.status
      return typeof status === 'string' ? status : 'unknown'
    } catch (error) {
      throw errorCode(error) === 'SPLUNKD_NOT_FOUND' ? noKvStore('there is none, as on a universal forwarder') : error
    }
  }

  /** collections.conf of the app brings it; this is for an app which has been stripped of that file. */
  async #createCollection(signal: AbortSignal | undefined): Promise<void> {
    const path = servicePath(this.#app, 'storage', 'collections', 'config')
    const { client } = this.#options
    try {
      await client.request({ method: 'GET', path: `${path}/${kvCollection}`, signal })
      return
    } catch (error) {
      if (errorCode(error) !== 'SPLUNKD_NOT_FOUND') throw error
    }
    try {
      await client.request({ method: 'POST', path, form: { name: kvCollection }, signal })
      const types = ['reader', 'shard', 'checkpoint', 'timestamp'].map((field) => [`field.${field}`, 'string'])
      const form = Object.fromEntries(types) as Record<string, string>
      await client.request({ method: 'POST', path: `${path}/${kvCollection}`, form, signal })
    } catch (error) {
      // Another input was quicker.
      if (errorCode(error) === 'SPLUNKD_CONFLICT') return
      throw errorCode(error) === 'SPLUNKD_NOT_FOUND' ? noKvStore('no collection can be created') : error
    }
  }
}

/** limits.conf allows 1,000 documents up to Splunk 9.0. */
const maxBatch = 500
const parallelDeletes = 8
const maxDocuments = 1_000_000

function noKvStore(why: string): KinloaderError {
  return new KinloaderError(
    'KV_STORE_ABSENT',
    `Splunk's KV store cannot be used here (${why}); choose checkpoint_store = dynamodb or filesystem, or enable the KV store.`,
  )
}

function tooLarge(): KinloaderError {
  return new KinloaderError(
    'KV_STORE_TOO_LARGE',
    `The collection ${kvCollection} holds more than ${maxDocuments} checkpoints of one input; remove those which are not needed.`,
  )
}
