import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SplunkdClient } from '../../clients/splunkd.ts'
import { readKinlogCollection } from './collection.ts'
import { importError } from './errors.ts'
import { readKinlogFile } from './file.ts'
import { readKinlogTable } from './table.ts'

/** Where kinlog kept its checkpoints. */
export type KinlogPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'collection'; readonly app: string | undefined; readonly collection: string }

/** Ways to get at them; each is asked only when the setting names a place behind it. */
export interface KinlogDoors {
  /** A client for the region of the table. */
  dynamoDb(): Promise<DynamoDBClient> | DynamoDBClient
  /** Undefined where there is no splunkd, as in a command. */
  readonly splunkd: SplunkdClient | undefined
  /** The app of a collection named alone. */
  readonly app: string
}

/**
 * Understands the setting `import_checkpoints`:
 *
 *     file:/var/lib/kinlog/app.json   a file; so is anything else with a slash or backslash in it
 *     dynamodb:kinlog-app             a table
 *     kvstore:kinlog_app              a collection of this app
 *     kvstore:kinlog/kinlog_app       a collection of another app
 */
export function kinlogPlace(setting: string): KinlogPlace {
  const text = setting.trim()
  const [, scheme = '', rest = ''] = /^(file|dynamodb|kvstore):(.*)$/s.exec(text) ?? []
  if (scheme === 'file' && rest !== '') return { kind: 'file', path: rest.replace(/^\/\/(?=\/)/, '') }
  // Table names of DynamoDB, at most 255 characters.
  if (scheme === 'dynamodb' && /^[a-zA-Z0-9_.-]{3,255}$/.test(rest)) return { kind: 'table', table: rest }
  if (scheme === 'kvstore') {
    const [, app, collection = ''] = /^(?:([\w.-]+)\/)?([\w.-]+)$/.exec(rest) ?? []
    if (collection !== '') return { kind: 'collection', app, collection }
  }
  if (scheme === '' && /[/\\]/.test(text)) return { kind: 'file', path: text }
  throw importError(
    `"${text}" names nothing to import; write file:<path>, dynamodb:<table> or kvstore:[<app>/]<collection>.`,
  )
}

/** What kinlog remembered: sequence numbers by shard. Empty when it had stored nothing yet. */
export async function readKinlogCheckpoints(
  setting: string,
  doors: KinlogDoors,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const place = kinlogPlace(setting)
  switch (place.kind) {
    case 'file':
      return readKinlogFile(place.path)
    case 'table':
      return readKinlogTable(await doors.dynamoDb(), place.table, signal)
    case 'collection':
      if (doors.splunkd === undefined) throw importError('a KV store can be read only by an input which Splunk runs.')
      return readKinlogCollection(doors.splunkd, place.app ?? doors.app, place.collection, signal)
  }
}
