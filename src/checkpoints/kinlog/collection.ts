import type { SplunkdClient } from '../../clients/splunkd.ts'
import { errorCode } from '../../core/errors.ts'
import { kvRows } from '../splunk-kv-rows.ts'
import { checkedEntry, importError } from './errors.ts'

/** kinlog's collection in the KV store: documents of `shard_id`, `timestamp`, `checkpoint`, and the shard as `_key`. */
export async function readKinlogCollection(
  client: SplunkdClient,
  app: string,
  collection: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const where = `the collection ${collection} of the app ${app}`
  const found = new Map<string, string>()
  let others = 0
  try {
    for await (const rows of kvRows({ client, app, collection, signal })) {
      for (const { shard_id: shard, checkpoint } of rows) {
        if (typeof shard !== 'string' || typeof checkpoint !== 'string') others += 1
        else found.set(...checkedEntry(shard, checkpoint, where))
      }
    }
  } catch (error) {
    if (errorCode(error) !== 'SPLUNKD_NOT_FOUND') throw error
    throw importError(
      `there is no ${where.slice('the '.length)}; write kvstore:<app>/<collection> as kinlog had them.`,
      error,
    )
  }
  if (found.size === 0 && others > 0) {
    throw importError(`${where} holds no checkpoints of kinlog, but other documents; name kinlog's collection.`)
  }
  return found
}
