import type { SplunkdClient } from '../clients/splunkd.ts'
import { KinloaderError } from '../core/errors.ts'
import { kinloaderScheme } from './inputs/kinloader.ts'
import { readSettings, type KinloaderSettings, type SettingsSurroundings } from './inputs/kinloader-settings.ts'
import type { SettingParameters } from './inputs/setting-reader.ts'
import { listInputs } from './listed-inputs.ts'

export interface RivalSearch {
  readonly splunkd: SplunkdClient
  /** The input's own name: what splunkd lists under it is its former self. */
  readonly name: string
  readonly settings: KinloaderSettings
  /** The same as for the settings themselves: an input which names no region may take it from the environment. */
  readonly surroundings: SettingsSurroundings
  readonly signal: AbortSignal
}

/**
 * Refuses an input whose stream and checkpoint name another input of this Splunk has already: both would read
 * everything, and with the same store overwrite each other's positions. The same for two which share a DynamoDB table,
 * whose items have no place for the stream's name.
 */
export async function refuseRivals({ splunkd, name, settings, surroundings, signal }: RivalSearch): Promise<void> {
  for (const { name: other, params } of await listInputs(splunkd, kinloaderScheme.name, signal)) {
    const theirs = other === name ? undefined : read(params, surroundings)
    if (theirs === undefined) continue
    if (isSameReader(theirs, settings)) {
      throw new KinloaderError(
        'SECOND_INPUT',
        `The input "${other}" reads the stream ${settings.stream.name} with the checkpoint name ${settings.checkpointName} already: give this one another checkpoint_name, or edit that one.`,
      )
    }
    if (isSameTable(theirs, settings)) {
      throw new KinloaderError(
        'SECOND_INPUT',
        `The input "${other}" keeps its checkpoints in the DynamoDB table ${settings.dynamodb.table} already: give this one another dynamodb_table.`,
      )
    }
  }
}

/** Undefined for settings which cannot be read: such an input is no rival, it cannot run either. */
function read(params: SettingParameters, surroundings: SettingsSurroundings): KinloaderSettings | undefined {
  try {
    return readSettings(params, surroundings)
  } catch {
    return undefined
  }
}

function isSameReader(one: KinloaderSettings, other: KinloaderSettings): boolean {
  return (
    one.stream.name === other.stream.name && one.region === other.region && one.checkpointName === other.checkpointName
  )
}

function isSameTable(one: KinloaderSettings, other: KinloaderSettings): boolean {
  return (
    one.checkpointStore === 'dynamodb' &&
    other.checkpointStore === 'dynamodb' &&
    one.dynamodb.table === other.dynamodb.table &&
    one.region === other.region &&
    one.dynamodbEndpoint === other.dynamodbEndpoint
  )
}
