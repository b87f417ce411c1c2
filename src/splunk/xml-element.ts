import { Parser } from 'xml2js'
import { KinloaderError } from '../core/errors.ts'

/** An element as splunkd's documents need it; the order of children of different names is not kept. */
export interface XmlElement {
  readonly attributes: ReadonlyMap<string, string>
  /** The element's own text, without that of its children. */
  readonly text: string
  readonly children: ReadonlyMap<string, readonly XmlElement[]>
}

const attributesKey = '$'
const textKey = '_'

/**
 * A complete document to its root element. Throws `BAD_DOCUMENT` when it is not well-formed or its root is another
 * one. Nothing of the document is in the message: it holds a session key.
 */
export function parseXml(text: string, rootName: string): XmlElement {
  let root: unknown
  let cause: unknown
  const parser = new Parser({ attrkey: attributesKey, charkey: textKey, explicitCharkey: true })
  // Without the option `async` the callback runs before this returns.
  parser.parseString(text, (error, result: unknown) => {
    cause ??= error ?? undefined
    root = result
  })
  if (cause !== undefined || !isRecord(root)) {
    throw new KinloaderError('BAD_DOCUMENT', 'Splunk handed over a document which is not well-formed XML.', { cause })
  }
  if (!Object.hasOwn(root, rootName)) {
    throw new KinloaderError('BAD_DOCUMENT', `Splunk handed over a document whose root is not <${rootName}>.`)
  }
  return toElement(root[rootName])
}

/** The only child of that name. Throws `BAD_DOCUMENT` when there are several. */
export function onlyChild(parent: XmlElement, name: string): XmlElement | undefined {
  const children = parent.children.get(name) ?? []
  if (children.length > 1) {
    throw new KinloaderError('BAD_DOCUMENT', `Splunk handed over a document with more than one <${name}>.`)
  }
  return children[0]
}

function toElement(node: unknown): XmlElement {
  const attributes = new Map<string, string>()
  const children = new Map<string, readonly XmlElement[]>()
  if (!isRecord(node)) return { attributes, text: typeof node === 'string' ? node : '', children }
  let text = ''
  for (const [key, value] of Object.entries(node)) {
    if (key === attributesKey && isRecord(value)) {
      for (const [name, attribute] of Object.entries(value)) attributes.set(name, String(attribute))
    } else if (key === textKey && typeof value === 'string') {
      text = value
    } else if (Array.isArray(value)) {
      children.set(key, value.map(toElement))
    }
  }
  return { attributes, text, children }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
