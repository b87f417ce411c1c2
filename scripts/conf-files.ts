import { readFileSync, writeFileSync } from 'node:fs'
import { escapeXml, type InputArgument, type InputScheme } from '../src/splunk/scheme.ts'
import { syslogImplicitArguments, syslogScheme } from '../src/wiring/inputs/kinloader-syslog.ts'
import { implicitArguments, kinloaderScheme } from '../src/wiring/inputs/kinloader.ts'
import { isStarted } from './started.ts'

/** An input, and how its page looks. */
interface PagedInput {
  readonly scheme: InputScheme
  readonly implicit: readonly InputArgument[]
  /** What a name of such an input may be. */
  readonly nameExample: string
  /** The columns of the list of inputs. */
  readonly listed: readonly string[]
}

const kinesisInput: PagedInput = {
  scheme: kinloaderScheme,
  implicit: implicitArguments,
  nameExample: 'What this input is called, such as the name of the stream.',
  listed: ['stream', 'region', 'checkpoint_store', 'index'],
}

const syslogInput: PagedInput = {
  scheme: syslogScheme,
  implicit: syslogImplicitArguments,
  nameExample: 'What this input is called, such as the place its senders are in.',
  listed: ['udp_ports', 'tcp_ports', 'tls_ports', 'gelf_udp_ports', 'gelf_tcp_ports', 'gelf_tls_ports', 'index'],
}

/**
 * The conf files which say again what the inputs' arguments are. They are committed; a test compares them with what
 * this makes, and
 *
 *     node scripts/conf-files.ts
 *
 * writes them anew after an argument has changed.
 */
export const confFiles: ReadonlyMap<string, () => string> = new Map([
  ['README/inputs.conf.spec', () => [kinesisInput, syslogInput].map(spec).join('\n')],
  ['default/inputs.conf', () => [kinesisInput, syslogInput].map(defaultsOf).join('\n')],
  ['default/data/ui/manager/kinloader.xml', () => managerPage(kinesisInput)],
  ['default/data/ui/manager/kinloader_syslog.xml', () => managerPage(syslogInput)],
])

/** Where a conf file stands in the repository. */
export function confFileUrl(path: string): URL {
  return new URL(`../${path}`, import.meta.url)
}

function spec({ scheme }: PagedInput): string {
  const paragraphs = scheme.arguments.map((argument) =>
    [
      `${argument.name} = ${argument.choices?.join('|') ?? `<${argument.dataType ?? 'string'}>`}`,
      ...wrap(argument.description ?? '').map((line) => `* ${line}`),
      ...(argument.requiredOnCreate === true ? ['* Required.'] : []),
      ...(argument.default === undefined ? [] : [`* Default: ${argument.default}`]),
      '',
    ].join('\n'),
  )
  return `[${scheme.name}://<name>]\n* ${scheme.description ?? ''}\n\n${paragraphs.join('\n')}`
}

function defaultsOf({ scheme, implicit }: PagedInput): string {
  const defaults = [...implicit, ...scheme.arguments].flatMap((argument) =>
    argument.default === undefined ? [] : [`${argument.name} = ${argument.default}`],
  )
  return [
    `[${scheme.name}]`,
    '# A shell in between would keep the stop signal to itself and leave the input running.',
    'start_by_shell = false',
    ...defaults,
    '',
  ].join('\n')
}

function managerPage({ scheme, implicit, nameExample, listed }: PagedInput): string {
  const groups = [...new Set(scheme.arguments.map((argument) => argument.group ?? ''))]
  return [
    `<endpoint name="data/inputs/${scheme.name}">`,
    `  <header>${escapeXml(scheme.title)}</header>`,
    '  <breadcrumb>',
    '    <parent hidecurrent="False">datainputstats</parent>',
    `    <name>${escapeXml(scheme.title)}</name>`,
    '  </breadcrumb>',
    '  <elements>',
    '    <element name="name" type="textfield" label="Name" required="True">',
    '      <view name="list"/>',
    '      <view name="create"/>',
    `      <key name="exampleText">${escapeXml(nameExample)}</key>`,
    '    </element>',
    ...groups.flatMap((group) =>
      fieldset(
        group,
        scheme.arguments.filter((argument) => argument.group === group),
        listed,
      ),
    ),
    ...fieldset('Splunk', implicit, listed),
    '    <element name="eai:acl.app" label="App">',
    '      <view name="list"/>',
    `      <key name="processValueList">entity['eai:acl']['app'] or ""</key>`,
    '    </element>',
    '  </elements>',
    '</endpoint>',
    '',
  ].join('\n')
}

function fieldset(legend: string, members: readonly InputArgument[], listed: readonly string[]): string[] {
  const name = legend.toLowerCase().replaceAll(' ', '_')
  return [
    `    <element name="fieldset_${name}" type="fieldset">`,
    `      <key name="legend">${escapeXml(legend)}</key>`,
    ...views('      ', true),
    '      <elements>',
    ...members.flatMap((argument) => field(argument, listed.includes(argument.name))),
    '      </elements>',
    '    </element>',
  ]
}

function field(argument: InputArgument, isListed: boolean): string[] {
  const type = argument.secret === true ? 'password' : choicesOf(argument) === undefined ? 'textfield' : 'select'
  const required = argument.requiredOnCreate === true ? ' required="True"' : ''
  const example =
    argument.default === undefined
      ? []
      : [`          <key name="exampleText">Default: ${escapeXml(argument.default)}</key>`]
  return [
    `        <element name="${argument.name}" type="${type}" label="${escapeXml(argument.title ?? '')}"${required}>`,
    ...views('          ', isListed),
    `          <key name="helpText">${escapeXml(argument.description ?? '')}</key>`,
    ...example,
    ...options(argument),
    '        </element>',
  ]
}

/** A box on a new form is never ticked, whatever the default: a boolean is a list too. */
function choicesOf(argument: InputArgument): readonly string[] | undefined {
  return argument.dataType === 'boolean' ? ['1', '0'] : argument.choices
}

/** The default comes first: a list on a new form shows its first option. */
function options(argument: InputArgument): string[] {
  const choices = choicesOf(argument)
  if (choices === undefined) return []
  const preset = argument.default
  const ordered = [...choices].sort((a, b) => Number(b === preset) - Number(a === preset))
  return [
    '          <options>',
    ...ordered.map((choice) => `            <opt value="${choice}" label="${choice}"/>`),
    '          </options>',
  ]
}

function views(indent: string, isListed: boolean): string[] {
  return [...(isListed ? ['list'] : []), 'edit', 'create'].map((view) => `${indent}<view name="${view}"/>`)
}

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length > 110) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  // The second and later lines belong to the first bullet.
  return lines.map((line, index) => (index === 0 ? line : `  ${line}`))
}

if (isStarted(import.meta.url)) {
  for (const [path, make] of confFiles) {
    const text = make()
    const url = confFileUrl(path)
    let before = ''
    try {
      before = readFileSync(url, 'utf8')
    } catch {
      // New.
    }
    if (text === before) continue
    writeFileSync(url, text)
    process.stdout.write(`${path} written\n`)
  }
}
