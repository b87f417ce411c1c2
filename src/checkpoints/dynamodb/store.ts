import { DeleteItemCommand, ScanCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { TokenBucket } from '../../core/backoff.ts'
import { errorCode, KinloaderError } from '../../core/errors.ts'
import type { CheckableStore } from '../checkable.ts'
import { aborted } from '../errors.ts'
import { dynamoDbError, missingTable } from './errors.ts'
import { scanCheckpoints } from './scan.ts'
import { abortOptions, checkKey, describeTable, openTable, type TableOptions } from './table.ts'

/** The client in the options becomes the store's own: `close` destroys it. */
export type DynamoDbCheckpointStoreOptions = TableOptions

/**
 * Checkpoints in a DynamoDB table of one reader, an item each:
 *
 *     { ShardId: {S}, Checkpoint: {S: opaque text}, Time: {S: "2026-01-01T00:00:00.000Z"} }
 *
 * Items are updated, never put, so attributes somebody else keeps beside ours survive; items without a `Checkpoint`
 * are none of ours. A save paces itself to the write units of the table, found out at the start, after a burst of
 * five seconds' worth; each item is written whole or not at all.
 */
export class DynamoDbCheckpointStore implements CheckableStore {
  readonly #options: DynamoDbCheckpointStoreOptions
  #opened = false
  /** None: the table is on-demand. */
  #bucket: TokenBucket | undefined

  constructor(options: DynamoDbCheckpointStoreOptions) {
    this.#options = options
  }

  async load(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    await this.#open(signal)
    const entries = new Map<string, string>()
    const { client, table } = this.#options
    for await (const { checkpoints } of scanCheckpoints(client, table, signal)) {
      for (const [key, checkpoint] of checkpoints) entries.set(key, checkpoint)
      if (entries.size > maxItems) {
        throw new KinloaderError(
          'DYNAMODB_TABLE_TOO_LARGE',
          `The DynamoDB table ${table} holds more than ${maxItems} checkpoints; choose one which belongs to this input alone.`,
        )
      }
    }
    return entries
  }

  async save(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<readonly string[]> {
    await this.#open(signal)
    const time = new Date(this.#options.clock.now()).toISOString()
    const waiting = [...changes].values()
    const failures: unknown[] = []
    const write = async (): Promise<void> => {
      // Each worker takes the next change off the one iterator.
      for (const [key, value] of waiting) {
        await this.#pace(Buffer.byteLength(key) + Buffer.byteLength(value ?? '') + 64, signal)
        if (signal.aborted) failures.push(aborted())
        if (failures.length > 0) return
        try {
          await (value === null ? this.#remove(key, signal) : this.#update(key, value, time, signal))
        } catch (error) {
          failures.push(error)
        }
      }
    }
    // All settle: nothing of this save is sent after it was told to have failed.
    await Promise.all(Array.from({ length: parallelWrites }, write))
    if (failures.length > 0) throw dynamoDbError(failures[0], this.#options.table)
    return []
  }

  /** A missing table is fine where it is going to be created. */
  async check(signal: AbortSignal): Promise<void> {
    const { client, table, create = false } = this.#options
    if (signal.aborted) throw aborted()
    const found = await describeTable(this.#options, signal)
    if (found === undefined) {
      if (!create) throw missingTable(table)
      return
    }
    if (found !== 'denied') checkKey(found, table)
    try {
      await client.send(new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true }), abortOptions(signal))
      // Needs the right to write, and can never come true.
      const command = new UpdateItemCommand({
        ...this.#key('@check'),
        UpdateExpression: 'REMOVE Checkpoint',
        ConditionExpression: 'attribute_exists(ShardId) AND attribute_not_exists(ShardId)',
      })
      await client.send(command, abortOptions(signal))
    } catch (error) {
      if (errorCode(error) !== 'ConditionalCheckFailedException') throw dynamoDbError(error, table)
    }
  }

  async close(): Promise<void> {
    this.#options.client.destroy()
  }

  async #open(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw aborted()
    if (this.#opened) return
    const perSecond = await openTable(this.#options, signal)
    const { clock } = this.#options
    if (perSecond !== undefined) this.#bucket = new TokenBucket({ clock, perSecond, burst: perSecond * 5 })
    this.#opened = true
  }

  async #pace(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bucket === undefined) return
    // A write unit is one item of up to 1 KB.
    const units = Math.ceil(bytes / 1024)
    for (;;) {
      const delayMs = this.#bucket.delayMs(units)
      if (delayMs <= 0 || signal.aborted) break
      await this.#options.clock.sleep(delayMs, signal)
    }
    this.#bucket.take(units)
  }

  async #update(key: string, value: string, time: string, signal: AbortSignal): Promise<void> {
    const command = new UpdateItemCommand({
      ...this.#key(key),
      UpdateExpression: 'SET Checkpoint = :checkpoint, #time = :time',
      // `Time` is a reserved word.
      ExpressionAttributeNames: { '#time': 'Time' },
      ExpressionAttributeValues: { ':checkpoint': { S: value }, ':time': { S: time } },
    })
    await this.#options.client.send(command, { abortSignal: signal })
  }

  async #remove(key: string, signal: AbortSignal): Promise<void> {
    await this.#options.client.send(new DeleteItemCommand(this.#key(key)), { abortSignal: signal })
  }

  #key(key: string): { TableName: string; Key: Record<string, AttributeValue> } {
    return { TableName: this.#options.table, Key: { ShardId: { S: key } } }
  }
}

const parallelWrites = 8
const maxItems = 1_000_000
