import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { Parser } from 'xml2js'
import { confFiles, confFileUrl } from '../../scripts/conf-files.ts'
import { readSettings } from '../../src/wiring/inputs/kinloader-settings.ts'
import { readSyslogSettings } from '../../src/wiring/inputs/kinloader-syslog-settings.ts'
import { syslogImplicitArguments, syslogScheme } from '../../src/wiring/inputs/kinloader-syslog.ts'
import { implicitArguments, kinloaderScheme } from '../../src/wiring/inputs/kinloader.ts'

const inputs = [
  {
    scheme: kinloaderScheme,
    implicit: implicitArguments,
    readSettings: (params: ReadonlyMap<string, string>) => readSettings(params),
    needed: { stream: 'orders', region: 'eu-central-1' },
  },
  {
    scheme: syslogScheme,
    implicit: syslogImplicitArguments,
    readSettings: (params: ReadonlyMap<string, string>) => readSyslogSettings(params),
    // Whatever client_auth says.
    needed: { udp_ports: '514', client_ca: '/ca.pem' },
  },
] as const

function read(path: string): string {
  return readFileSync(confFileUrl(path), 'utf8')
}

/** Stanzas by name, settings by name; comments left out. */
function parseConf(path: string): Record<string, Record<string, string>> {
  const stanzas: Record<string, Record<string, string>> = {}
  let stanza: Record<string, string> = {}
  for (const line of read(path).split('\n')) {
    const heading = /^\[(.+)\]$/.exec(line)?.[1]
    const setting = /^([\w.:-]+) = (.*)$/.exec(line)
    if (heading !== undefined) {
      assert.ok(!(heading in stanzas), `${path} has [${heading}] twice`)
      stanza = stanzas[heading] = {}
    } else if (setting?.[1] !== undefined) {
      assert.ok(!(setting[1] in stanza), `${path} sets ${setting[1]} twice`)
      stanza[setting[1]] = setting[2] ?? ''
    } else {
      assert.match(line, /^(#.*|\*.*|)$/, path)
    }
  }
  return stanzas
}

for (const { scheme, implicit, readSettings: readOwn, needed } of inputs) {
  const names = scheme.arguments.map(({ name }) => name)

  describe(`the truth about the arguments of ${scheme.name}`, () => {
    it('has a title, a sentence and a group for each, and no name twice', () => {
      assert.equal(new Set([...names, ...implicit.map(({ name }) => name)]).size, names.length + 5)
      for (const argument of scheme.arguments) {
        assert.match(argument.name, /^[a-z][a-z0-9_]*$/)
        assert.match(argument.title ?? '', /^\w.{2,40}$/, argument.name)
        assert.match(argument.description ?? '', /^[A-Z].*\.$/, argument.name)
        assert.match(argument.group ?? '', /^\w/, argument.name)
        assert.ok(argument.choices === undefined || argument.choices.includes(argument.default ?? ''), argument.name)
      }
    })

    it('offers only choices and defaults which the settings accept', () => {
      for (const { name, choices = [], default: preset } of [...scheme.arguments, ...implicit]) {
        for (const value of [...choices, ...(preset === undefined ? [] : [preset])]) {
          readOwn(new Map(Object.entries({ ...needed, [name]: value })))
        }
      }
    })

    it('lists the same names in the spec file', () => {
      const spec = parseConf('README/inputs.conf.spec')
      assert.deepEqual(Object.keys(spec[`${scheme.name}://<name>`] ?? {}), names)
    })

    it('gives its defaults to inputs.conf, and starts without a shell', () => {
      const settings = parseConf('default/inputs.conf')[scheme.name] ?? {}
      assert.equal(settings['start_by_shell'], 'false')
      assert.equal(settings['interval'], '30')
      for (const argument of scheme.arguments) assert.equal(settings[argument.name], argument.default)
    })

    it('is what the manager page asks for, with secrets masked', () => {
      let tree: unknown
      new Parser().parseString(read(`default/data/ui/manager/${scheme.name}.xml`), (error, result: unknown) => {
        assert.equal(error, null)
        tree = result
      })
      const text = JSON.stringify(tree)
      assert.ok(text.includes(`"name":"data/inputs/${scheme.name}"`))
      for (const { name, secret } of scheme.arguments) {
        const element = new RegExp(`\\{"name":"${name}","type":"(\\w+)"`).exec(text)
        assert.ok(element !== null, name)
        assert.equal(element[1] === 'password', secret === true, name)
      }
    })
  })
}

describe('the conf files about the inputs', () => {
  for (const [path, make] of confFiles) {
    it(`are what ${path} says (node scripts/conf-files.ts writes it)`, () => {
      assert.equal(read(path), make())
    })
  }

  it('have a stanza for each scheme, and no other', () => {
    const schemes = inputs.map(({ scheme }) => scheme.name)
    assert.deepEqual(
      Object.keys(parseConf('README/inputs.conf.spec')),
      schemes.map((name) => `${name}://<name>`),
    )
    assert.deepEqual(Object.keys(parseConf('default/inputs.conf')), schemes)
  })
})

describe('the other conf files', () => {
  it('agree on one version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    const app = parseConf('default/app.conf')
    const manifest = JSON.parse(read('app/app.manifest')) as { info: { id: { name: string; version: string } } }
    assert.equal(app['id']?.['version'], version)
    assert.equal(app['launcher']?.['version'], version)
    assert.equal(manifest.info.id.version, version)
    assert.equal(app['package']?.['id'], manifest.info.id.name)
  })

  it('cut, join and date no event of our sourcetypes, but look for the time of those which name none', () => {
    const props = parseConf('default/props.conf')
    assert.deepEqual(Object.keys(props), [
      'kinloader',
      'kinloader:text',
      'kinloader:json',
      'kinloader:undecodable',
      'kinloader:syslog',
      'kinloader:gelf',
    ])
    for (const [sourcetype, settings] of Object.entries(props)) {
      assert.equal(settings['TRUNCATE'], '0')
      assert.equal(settings['SHOULD_LINEMERGE'], 'false')
      assert.equal(settings['DATETIME_CONFIG'], sourcetype === 'kinloader' ? undefined : 'NONE')
      const breaker = new RegExp(settings['LINE_BREAKER'] ?? '')
      assert.ok(!breaker.test('one\ntwo\r\n\r\nthree\n'), 'an event must not be broken inside')
    }
  })

  it('keep sequence numbers as text', () => {
    const types = parseConf('default/collections.conf')['kinloader_checkpoints'] ?? {}
    const fields = Object.entries(types).filter(([name]) => name.startsWith('field.'))
    assert.deepEqual(
      fields,
      ['reader', 'shard', 'checkpoint', 'timestamp'].map((name) => [`field.${name}`, 'string']),
    )
    assert.equal(types['enforceTypes'], 'true')
  })

  it('name every view of the navigation', () => {
    const navigation = read('default/data/ui/nav/default.xml')
    for (const file of readdirSync(confFileUrl('default/data/ui/views'))) {
      assert.ok(navigation.includes(`name="${file.replace('.xml', '')}"`), file)
      assert.match(read(`default/data/ui/views/${file}`), /^<\w+ version="1\.1"/)
    }
  })
})
