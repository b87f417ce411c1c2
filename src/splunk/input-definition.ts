import { type InputParameters, readParameters, requiredName } from './parameters.ts'
import { onlyChild, parseXml, type XmlElement } from './xml-element.ts'

/** What splunkd tells any run of a modular input about itself. */
export interface SplunkdSurroundings {
  /** The host name this Splunk goes by. */
  readonly serverHost: string
  /** Base URL of the management port; may be http, a host name or an IPv6 address. */
  readonly serverUri: string
  /** Acts as a system user. Never log it. */
  readonly sessionKey: string
  /** Shared by all inputs of the scheme; empty when not told. */
  readonly checkpointDir: string
}

/**
 * What splunkd hands to an input that shall run:
 *
 *     <input>
 *       <server_host/><server_uri/><session_key/><checkpoint_dir/>
 *       <configuration>
 *         <stanza name="scheme://name" app="app"> parameters </stanza>
 *       </configuration>
 *     </input>
 */
export interface InputDefinition extends SplunkdSurroundings {
  /** None when no input is enabled; more than one only for a scheme with a single instance. */
  readonly stanzas: readonly InputStanza[]
}

export interface InputStanza {
  /** `scheme://name` */
  readonly name: string
  /** The app whose context the input belongs to, for REST namespaces. */
  readonly app: string | undefined
  readonly params: InputParameters
}

/** Throws `BAD_DOCUMENT`. Unknown elements beside `<configuration>` pass, unknown ones inside a stanza do not. */
export function parseInputDefinition(text: string): InputDefinition {
  const root = parseXml(text, 'input')
  const configuration = onlyChild(root, 'configuration')
  return {
    ...readSurroundings(root),
    stanzas: (configuration?.children.get('stanza') ?? []).map((stanza) => ({
      name: requiredName(stanza, 'stanza'),
      app: stanza.attributes.get('app'),
      params: readParameters(stanza),
    })),
  }
}

/** The metadata at the head of both documents. */
export function readSurroundings(root: XmlElement): SplunkdSurroundings {
  const text = (name: string): string => onlyChild(root, name)?.text.trim() ?? ''
  return {
    serverHost: text('server_host'),
    serverUri: text('server_uri'),
    sessionKey: text('session_key'),
    checkpointDir: text('checkpoint_dir'),
  }
}
