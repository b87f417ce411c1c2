/** What splunkd tells every modular input, in both documents. */
export interface SplunkdFacts {
  /** Default `splunk.test`. */
  readonly serverHost?: string
  /** Default `https://127.0.0.1:8089`. */
  readonly serverUri?: string
  /** Default `test-session-key`. */
  readonly sessionKey?: string
  /** `$SPLUNK_DB/modinputs/<scheme>`. */
  readonly checkpointDir: string
}

/** A parameter: text, or a list of texts which becomes a `<param_list>`. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>

export interface Stanza {
  /** `kinloader://a` */
  readonly name: string
  /** Default `kinloader`. */
  readonly app?: string
  /** Own parameters; those splunkd adds to every stanza are added, and can be overridden here. */
  readonly params: Parameters
}

/** What splunkd adds to the parameters of every stanza, own or not. */
const implicit: Parameters = {
  disabled: '0',
  host: '$decideOnStartup',
  index: 'default',
  interval: '30',
  start_by_shell: 'false',
}

/** The document on the standard input of a streaming input. No stanza gives an empty `<configuration/>`. */
export function inputXml(facts: SplunkdFacts & { readonly stanzas: readonly Stanza[] }): string {
  const stanzas = facts.stanzas.map(
    ({ name, app, params }) =>
      `    <stanza name="${escaped(name)}" app="${escaped(app ?? 'kinloader')}">\n` +
      `${parameterLines({ ...implicit, ...params }, '      ')}    </stanza>\n`,
  )
  const configuration =
    stanzas.length === 0 ? '  <configuration/>\n' : `  <configuration>\n${stanzas.join('')}  </configuration>\n`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<input>\n${factLines(facts)}${configuration}</input>\n`
}

/** The document on the standard input of `--validate-arguments`; the item's name is bare, without the scheme. */
export function validationXml(facts: SplunkdFacts & { readonly name: string; readonly params: Parameters }): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<items>\n${factLines(facts)}  <item name="${escaped(facts.name)}">\n` +
    `${parameterLines(facts.params, '    ')}  </item>\n</items>\n`
  )
}

function factLines(facts: SplunkdFacts): string {
  return (
    `  <server_host>${escaped(facts.serverHost ?? 'splunk.test')}</server_host>\n` +
    `  <server_uri>${escaped(facts.serverUri ?? 'https://127.0.0.1:8089')}</server_uri>\n` +
    `  <session_key>${escaped(facts.sessionKey ?? 'test-session-key')}</session_key>\n` +
    `  <checkpoint_dir>${escaped(facts.checkpointDir)}</checkpoint_dir>\n`
  )
}

function parameterLines(params: Parameters, indent: string): string {
  return Object.entries(params)
    .map(([name, value]) =>
      typeof value === 'string'
        ? `${indent}<param name="${escaped(name)}">${escaped(value)}</param>\n`
        : `${indent}<param_list name="${escaped(name)}">${value.map((one) => `<value>${escaped(one)}</value>`).join('')}</param_list>\n`,
    )
    .join('')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '')
}
