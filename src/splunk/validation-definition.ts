import { KinloaderError } from '../core/errors.ts'
import { readSurroundings, type SplunkdSurroundings } from './input-definition.ts'
import { type InputParameters, readParameters, requiredName } from './parameters.ts'
import { onlyChild, parseXml } from './xml-element.ts'

/**
 * What splunkd asks about an input which somebody wants to save:
 *
 *     <items>
 *       <server_host/><server_uri/><session_key/><checkpoint_dir/>
 *       <item name="name"> parameters </item>
 *     </items>
 */
export interface ValidationDefinition extends SplunkdSurroundings {
  /** The bare name, without `scheme://`. */
  readonly name: string
  readonly params: InputParameters
}

/** Throws `BAD_DOCUMENT`; there must be exactly one item. */
export function parseValidationDefinition(text: string): ValidationDefinition {
  const root = parseXml(text, 'items')
  const item = onlyChild(root, 'item')
  if (item === undefined) {
    throw new KinloaderError('BAD_DOCUMENT', 'Splunk handed over a validation document without an <item>.')
  }
  return { ...readSurroundings(root), name: requiredName(item, 'item'), params: readParameters(item) }
}
