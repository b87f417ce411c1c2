import { servicePath, type SplunkdClient } from '../clients/splunkd.ts'
import { errorCode, KinloaderError } from '../core/errors.ts'
import { kinloaderScheme } from './inputs/kinloader.ts'
import { readSettings, type KinloaderSettings, type SettingsSurroundings } from './inputs/kinloader-settings.ts'

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
  for (const { name: other, content } of await listInputs(splunkd, signal)) {
    const theirs = other === name ? undefined : read(content, surroundings)
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

interface Entry {
  readonly name: string
  readonly content: Readonly<Record<string, unknown>>
}

async function listInputs(splunkd: SplunkdClient, signal: AbortSignal): Promise<readonly Entry[]> {
  try {
    return entries(
      await splunkd.request({
        method: 'GET',
        path: servicePath('-', 'data', 'inputs', kinloaderScheme.name),
        query: { count: '0' },
        signal,
      }),
    )
  } catch (error) {
    // Until a first input is saved some versions know nothing of the scheme.
    if (errorCode(error) === 'SPLUNKD_NOT_FOUND') return []
    throw error
  }
}

function entries(answer: unknown): readonly Entry[] {
  if (typeof answer !== 'object' || answer === null || !('entry' in answer) || !Array.isArray(answer.entry)) return []
  return answer.entry.filter(
    (entry: unknown): entry is Entry =>
      typeof entry === 'object' &&
      entry !== null &&
      'name' in entry &&
      typeof entry.name === 'string' &&
      'content' in entry &&
      typeof entry.content === 'object' &&
      entry.content !== null,
  )
}

/** Undefined for settings which cannot be read: such an input is no rival, it cannot run either. */
function read(
  content: Readonly<Record<string, unknown>>,
  surroundings: SettingsSurroundings,
): KinloaderSettings | undefined {
  const params = new Map<string, string>()
  for (const [key, value] of Object.entries(content)) {
    // splunkd gives some values as JSON numbers and booleans.
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      params.set(key, String(value))
    }
  }
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
