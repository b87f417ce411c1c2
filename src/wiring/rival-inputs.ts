import { servicePath, type SplunkdClient } from '../clients/splunkd.ts'
import { KinloaderError } from '../core/errors.ts'
import { kinloaderScheme } from './inputs/kinloader.ts'
import { readSettings, type KinloaderSettings } from './inputs/kinloader-settings.ts'

/**
 * Refuses an input whose stream and checkpoint name another input of this Splunk has already: both would read
 * everything and overwrite each other's positions.
 */
export async function refuseRivals(
  splunkd: SplunkdClient,
  name: string,
  settings: KinloaderSettings,
  signal: AbortSignal,
): Promise<void> {
  const answer = await splunkd.request({
    method: 'GET',
    path: servicePath('-', 'data', 'inputs', kinloaderScheme.name),
    query: { output_mode: 'json', count: '0' },
    signal,
  })
  for (const { name: other, content } of entries(answer)) {
    if (other === name || !isSame(content, settings)) continue
    throw new KinloaderError(
      'SECOND_INPUT',
      `The input "${other}" reads the stream ${settings.stream.name} with the checkpoint name ${settings.checkpointName} already: give this one another checkpoint_name, or edit that one.`,
    )
  }
}

interface Entry {
  readonly name: string
  readonly content: Readonly<Record<string, unknown>>
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

/** Settings of another input which cannot be read are no rival: it cannot run either. */
function isSame(content: Readonly<Record<string, unknown>>, settings: KinloaderSettings): boolean {
  const params = new Map(
    Object.entries(content).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])),
  )
  try {
    const other = readSettings(params)
    return (
      other.stream.name === settings.stream.name &&
      other.region === settings.region &&
      other.checkpointName === settings.checkpointName &&
      other.checkpointStore === settings.checkpointStore
    )
  } catch {
    return false
  }
}
