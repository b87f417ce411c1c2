import assert from 'node:assert/strict'
import { parseInputDefinition } from '../../src/splunk/input-definition.ts'
import { parseValidationDefinition } from '../../src/splunk/validation-definition.ts'
import { readSdkFixture } from '../support/splunk-sdk.ts'

const surroundings = {
  serverHost: 'tiny',
  serverUri: 'https://127.0.0.1:8089',
  sessionKey: '123102983109283019283',
  checkpointDir: '/some/dir',
}
const short = { param1: 'value1', param2: 'value2', disabled: '0', index: 'default' }
const lists = { multiValue: ['value1', 'value2'], multiValue2: ['value3', 'value4'] }
const long = { param1: 'value11', param2: 'value22', disabled: '0', index: 'default', ...lists }

function stanzas(text: string): [string, Record<string, unknown>][] {
  return parseInputDefinition(text).stanzas.map(({ name, params }) => [name, Object.fromEntries(params)])
}

function input(inside: string): string {
  return `<input><server_host>h</server_host><configuration>${inside}</configuration></input>`
}

describe('the input definition', () => {
  it('reads the fixtures with 0, 2 and 5 inputs', () => {
    const { stanzas: none, ...rest } = parseInputDefinition(readSdkFixture('conf_with_0_inputs'))
    assert.deepEqual([none, rest], [[], surroundings])
    assert.deepEqual(stanzas(readSdkFixture('conf_with_2_inputs')), [
      ['foobar://aaa', short],
      ['foobar://bbb', long],
    ])
    const five = stanzas(readSdkFixture('conf_with_5_inputs'))
    assert.deepEqual(
      five.map(([name]) => name),
      ['foobar://aaa', 'foobar://bbb', 'foobar://ccc', 'foobar://ddd', 'foobar://eee'],
    )
    assert.deepEqual(five[3]?.[1], long)
  })

  it('refuses the fixture with unknown elements, by their name', () => {
    assert.throws(() => parseInputDefinition(readSdkFixture('conf_with_invalid_inputs')), {
      code: 'BAD_DOCUMENT',
      message: 'Splunk handed over a document with an unexpected element <editor>.',
    })
  })

  it('keeps the app of a stanza, empty values and entities', () => {
    const text = input(
      '<stanza name="k://a" app="kinloader"><param name="a"></param><param name="b"/>' +
        '<param name="c">&lt;&amp;&#13;<![CDATA[<x>]]></param><param_list name="d"/></stanza>',
    )
    const stanza = parseInputDefinition(text).stanzas[0]
    assert.equal(stanza?.app, 'kinloader')
    assert.deepEqual(Object.fromEntries(stanza.params), { a: '', b: '', c: '<&\r<x>', d: [] })
  })

  it('is not fooled by names of object properties', () => {
    const stanza = parseInputDefinition(
      input('<stanza name="k://a"><param name="__proto__">x</param><param name="constructor">y</param></stanza>'),
    ).stanzas[0]
    assert.deepEqual(
      [...(stanza?.params ?? [])],
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    )
    assert.throws(
      () => parseInputDefinition(input('<stanza name="k://a"><__proto__ name="a"/></stanza>')),
      /unexpected/,
    )
  })

  it('refuses what is not well-formed, another root, entities of a DTD, nameless and doubled elements', () => {
    const bad = [
      '',
      'input',
      '<input>',
      '<input><a></b></input>',
      '<items/>',
      '<!DOCTYPE input [<!ENTITY e "x">]><input><server_host>&e;</server_host></input>',
      input('<stanza><param name="a">b</param></stanza>'),
      input('<stanza name="k://a"><param>b</param></stanza>'),
      input('<stanza name="k://a"><param name="a"><b/></param></stanza>'),
      '<input><session_key>a</session_key><session_key>b</session_key></input>',
    ]
    for (const text of bad) assert.throws(() => parseInputDefinition(text), { code: 'BAD_DOCUMENT' }, text)
  })

  it('never tells the session key', () => {
    const text = '<input><session_key>swordfish</session_key></swordfish></input>'
    assert.throws(
      () => parseInputDefinition(text),
      (error: Error) => !error.message.includes('swordfish'),
    )
  })
})

describe('the validation definition', () => {
  it('reads the fixture', () => {
    const { params, ...rest } = parseValidationDefinition(readSdkFixture('validation'))
    const checkpointDir = '/opt/splunk/var/lib/splunk/modinputs'
    assert.deepEqual(rest, { ...surroundings, checkpointDir, name: 'aaa' })
    assert.deepEqual(Object.fromEntries(params), { ...short, ...lists })
  })

  it('refuses none and two items', () => {
    assert.throws(() => parseValidationDefinition('<items></items>'), { code: 'BAD_DOCUMENT' })
    assert.throws(() => parseValidationDefinition('<items><item name="a"/><item name="b"/></items>'), /more than one/)
  })
})
