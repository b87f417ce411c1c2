import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The XML files which Splunk's own SDK tests its modular inputs with, and its scheme classes as an oracle. Only deep
 * imports: the package's root reads a `.env` file into the environment.
 */
const require = createRequire(import.meta.url)

export function readSdkFixture(name: string): string {
  return readFileSync(require.resolve(`splunk-sdk/tests/modularinputs/data/${name}.xml`), 'utf8')
}

export interface SdkArgument {
  name: string
  description?: string
  validation?: string
  dataType?: string
  requiredOnEdit?: boolean
  requiredOnCreate?: boolean
}

interface SdkElement {
  readonly tag: string
  readonly text: string | null
  readonly attrib: Readonly<Record<string, string>>
  getchildren(): SdkElement[]
}

interface SdkScheme {
  description: string | null
  useExternalValidation: boolean
  useSingleInstance: boolean
  streamingMode: string
  addArgument(argument: object): void
  toXML(): SdkElement
}

export const SdkSchemeClass = require('splunk-sdk/lib/modularinputs/scheme.js') as new (title: string) => SdkScheme
export const SdkArgumentClass = require('splunk-sdk/lib/modularinputs/argument.js') as new (
  settings: SdkArgument,
) => object

// The SDK's own parser, found from where the SDK stands.
const elementTree = createRequire(require.resolve('splunk-sdk/package.json'))('elementtree') as {
  parse(text: string): { getroot(): SdkElement }
}

/** An element with its children, comparable and without the white space between them. */
export interface Tree {
  tag: string
  attributes: Record<string, string>
  text: string
  children: Tree[]
}

export function parseTree(text: string): Tree {
  return toTree(elementTree.parse(text).getroot())
}

export function toTree(element: SdkElement): Tree {
  const children = element.getchildren().map(toTree)
  return {
    tag: element.tag,
    attributes: { ...element.attrib },
    text: children.length > 0 ? '' : (element.text ?? '').trim(),
    children,
  }
}
