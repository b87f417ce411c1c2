import { KinloaderError } from '../core/errors.ts'
import type { XmlElement } from './xml-element.ts'

/** The parameters of an input by name; a `<param_list>` is a list, even an empty one. */
export type InputParameters = ReadonlyMap<string, string | readonly string[]>

/**
 * Reads what a `<stanza>` and an `<item>` have in common:
 *
 *     <param name="a">value</param>
 *     <param_list name="b"><value>1</value><value>2</value></param_list>
 *
 * Any other child is refused: a setting which is not understood must not be ignored.
 */
export function readParameters(parent: XmlElement): InputParameters {
  const parameters = new Map<string, string | readonly string[]>()
  for (const [tag, children] of parent.children) {
    if (tag !== 'param' && tag !== 'param_list') throw unexpected(tag)
    for (const child of children) {
      const allowed = tag === 'param_list' ? ['value'] : []
      for (const inner of child.children.keys()) if (!allowed.includes(inner)) throw unexpected(inner)
      const values = child.children.get('value') ?? []
      parameters.set(requiredName(child, tag), tag === 'param' ? child.text : values.map((value) => value.text))
    }
  }
  return parameters
}

/** The attribute `name`, which must be there and not empty. */
export function requiredName(element: XmlElement, tag: string): string {
  const name = element.attributes.get('name') ?? ''
  if (name === '') throw new KinloaderError('BAD_DOCUMENT', `Splunk handed over a <${tag}> without a name.`)
  return name
}

function unexpected(tag: string): KinloaderError {
  return new KinloaderError('BAD_DOCUMENT', `Splunk handed over a document with an unexpected element <${tag}>.`)
}
