import { KinloaderError } from '../core/errors.ts'
import type { InputDefinition } from '../splunk/input-definition.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import type { ValidationDefinition } from '../splunk/validation-definition.ts'
import { readSettings } from './inputs/kinloader-settings.ts'

/** Checks the settings of an input before they are saved. */
export async function validateInput(definition: ValidationDefinition, context: ModularInputContext): Promise<void> {
  readSettings(definition.params, { serverHost: definition.serverHost, environment: context.environment })
}

/** Runs an input. */
export async function streamInput(definition: InputDefinition, context: ModularInputContext): Promise<void> {
  const stanza = definition.stanzas[0]
  if (stanza === undefined) return
  readSettings(stanza.params, { serverHost: definition.serverHost, environment: context.environment })
  throw new KinloaderError('NOT_WIRED', 'This build reads no stream.')
}
