import { servicePath, type SplunkdClient } from '../clients/splunkd.ts'
import { errorCode } from '../core/errors.ts'
import type { SettingParameters } from './inputs/setting-reader.ts'

/** An input as splunkd knows it. */
export interface ListedInput {
  readonly name: string
  readonly params: SettingParameters
}

/** All inputs of a scheme, of every app, disabled ones included. */
export async function listInputs(
  splunkd: SplunkdClient,
  scheme: string,
  signal: AbortSignal,
): Promise<readonly ListedInput[]> {
  try {
    const path = servicePath('-', 'data', 'inputs', scheme)
    const answer = await splunkd.request({ method: 'GET', path, query: { count: '0' }, signal })
    return entries(answer).map(({ name, content }) => ({ name, params: paramsOf(content) }))
  } catch (error) {
    // Until a first input is saved some versions know nothing of the scheme.
    if (errorCode(error) === 'SPLUNKD_NOT_FOUND') return []
    throw error
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

function paramsOf(content: Readonly<Record<string, unknown>>): SettingParameters {
  const params = new Map<string, string>()
  for (const [key, value] of Object.entries(content)) {
    // splunkd gives some values as JSON numbers and booleans.
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      params.set(key, String(value))
    }
  }
  return params
}
