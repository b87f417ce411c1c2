import { readKinlogCollection } from '../checkpoints/kinlog/collection.ts'
import { readKinlogFile } from '../checkpoints/kinlog/file.ts'
import type { SplunkdClient } from '../clients/splunkd.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'
import type { AwsConnection } from './kinesis-connection.ts'

/** What kinlog remembered, from where `import_checkpoints` says; undefined when it says nothing. */
export function kinlogImport(
  settings: KinloaderSettings,
  connection: AwsConnection,
  splunkd: SplunkdClient,
  signal: AbortSignal,
): (() => Promise<ReadonlyMap<string, string>>) | undefined {
  const place = settings.importCheckpoints
  if (place === undefined) return undefined
  switch (place.kind) {
    case 'filesystem':
      return () => readKinlogFile(place.path)
    case 'kvstore':
      return () => readKinlogCollection(splunkd, place.app ?? 'kinloader', place.collection, signal)
    case 'dynamodb':
      return async () =>
        (await import('./dynamodb-checkpoints.ts')).importKinlogTable(settings, connection, place.table, signal)
  }
}
