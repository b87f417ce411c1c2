/**
 * A modular input described as data: what it is called and which arguments it takes. From this come the XML that
 * splunkd asks for with `--scheme`, and the tests which hold conf files, pages and documents to the same truth.
 *
 *     <scheme>
 *       <title/><description/>
 *       <use_external_validation/><use_single_instance/><streaming_mode/>
 *       <endpoint><args>
 *         <arg name=""><title/><description/><validation/><data_type/><required_on_edit/><required_on_create/></arg>
 *       </args></endpoint>
 *     </scheme>
 */
export interface InputScheme {
  /** The scheme in `scheme://name`, and what the executable is called. */
  readonly name: string
  /** The label under Settings > Data inputs. */
  readonly title: string
  readonly description?: string
  readonly arguments: readonly InputArgument[]
  /** Whether splunkd asks the program before it saves an input. Default true. */
  readonly externalValidation?: boolean
  /** One process for all inputs of the scheme. Default false: a process each. */
  readonly singleInstance?: boolean
  /** Default `xml`. */
  readonly streamingMode?: 'simple' | 'xml'
}

export interface InputArgument {
  readonly name: string
  readonly title?: string
  /** The help text: full sentences, which also go into the spec file and the manager page. */
  readonly description?: string
  /** Default `string`. */
  readonly dataType?: 'string' | 'number' | 'boolean'
  /** Default false. */
  readonly requiredOnCreate?: boolean
  /** Default false. */
  readonly requiredOnEdit?: boolean
  /**
   * An expression which splunkd evaluates by itself, such as `is_pos_int('x')`. Use it for required arguments only: a
   * field left empty on a page arrives as an empty text, which no such expression accepts.
   */
  readonly validation?: string
  /** What `default/inputs.conf` sets. Absent: set nowhere. splunkd knows no default in a scheme. */
  readonly default?: string
  /** The only values it takes, offered as a list on the manager page. Absent: free text. */
  readonly choices?: readonly string[]
  /** Masked on the manager page. Default false. */
  readonly secret?: boolean
  /** The heading under which the manager page shows it. */
  readonly group?: string
}

/** The scheme document, complete with its declaration. */
export function schemeXml(scheme: InputScheme): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<scheme>',
    ...element('title', scheme.title),
    ...element('description', scheme.description),
    ...element('use_external_validation', String(scheme.externalValidation ?? true)),
    ...element('use_single_instance', String(scheme.singleInstance ?? false)),
    ...element('streaming_mode', scheme.streamingMode ?? 'xml'),
    '<endpoint>',
    '<args>',
    ...scheme.arguments.map(argumentXml),
    '</args>',
    '</endpoint>',
    '</scheme>',
    '',
  ].join('\n')
}

/** One `<arg>`. Both `required_*` are always there: splunkd's own defaults for them are not documented. */
export function argumentXml(argument: InputArgument): string {
  return [
    `<arg name="${escapeXml(argument.name)}">`,
    ...element('title', argument.title),
    ...element('description', argument.description),
    ...element('validation', argument.validation),
    ...element('data_type', argument.dataType ?? 'string'),
    ...element('required_on_edit', String(argument.requiredOnEdit ?? false)),
    ...element('required_on_create', String(argument.requiredOnCreate ?? false)),
    '</arg>',
  ].join('\n')
}

/** Text for an XML document: also good inside a double-quoted attribute. Characters XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
}

function element(tag: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`<${tag}>${escapeXml(text)}</${tag}>`]
}
