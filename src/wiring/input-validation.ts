import type { ModularInputContext } from '../splunk/modular-input.ts'
import type { ValidationDefinition } from '../splunk/validation-definition.ts'
import { readSettings } from './inputs/kinloader-settings.ts'

/** Checks an input's settings before Splunk saves them. */
export function validateInput(definition: ValidationDefinition, context: ModularInputContext): Promise<void> {
  readSettings(definition.params, { serverHost: definition.serverHost, environment: context.environment })
  return Promise.resolve()
}
