import assert from 'node:assert/strict'
import fc from 'fast-check'
import { argumentXml, escapeXml, type InputArgument, type InputScheme, schemeXml } from '../../src/splunk/scheme.ts'
import { parseTree, readSdkFixture, SdkArgumentClass, SdkSchemeClass, toTree } from '../support/splunk-sdk.ts'

const description = '쎼 and 쎶 and <&> für'

const whole: InputScheme = {
  name: 'abcd',
  title: 'abcd',
  description,
  externalValidation: false,
  singleInstance: true,
  streamingMode: 'simple',
  arguments: [
    { name: 'arg1' },
    {
      name: 'arg2',
      description,
      validation: "is_pos_int('some_name')",
      dataType: 'number',
      requiredOnEdit: true,
      requiredOnCreate: true,
    },
  ],
}

describe('the scheme document', () => {
  it("is what Splunk's SDK expects without any options", () => {
    const xml = schemeXml({ name: 'abcd', title: 'abcd', arguments: [] })
    assert.deepEqual(parseTree(xml), parseTree(readSdkFixture('scheme_with_defaults')))
  })

  it("is what Splunk's SDK expects with all options", () => {
    assert.deepEqual(parseTree(schemeXml(whole)), parseTree(readSdkFixture('scheme_without_defaults')))
  })

  it("writes arguments as Splunk's SDK expects them", () => {
    const plain = parseTree(argumentXml({ name: 'some_name' }))
    assert.deepEqual(plain, parseTree(readSdkFixture('argument_with_defaults')))
    const full: InputArgument = { ...whole.arguments[1], name: 'some_name', dataType: 'boolean' }
    assert.deepEqual(parseTree(argumentXml(full)), parseTree(readSdkFixture('argument_without_defaults')))
  })

  it("agrees with the SDK's own classes for any scheme", () => {
    const text = fc.stringMatching(/^[ -~äöü€]{1,20}$/).filter((one) => one.trim() === one)
    const argument = fc.record(
      {
        name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/),
        description: text,
        validation: text,
        dataType: fc.constantFrom('string' as const, 'number' as const, 'boolean' as const),
        requiredOnEdit: fc.boolean(),
        requiredOnCreate: fc.boolean(),
      },
      { requiredKeys: ['name'], noNullPrototype: true },
    )
    fc.assert(
      fc.property(text, text, fc.boolean(), fc.array(argument, { maxLength: 4 }), (title, about, single, list) => {
        const oracle = new SdkSchemeClass(title)
        oracle.description = about
        oracle.useSingleInstance = single
        for (const one of list) oracle.addArgument(new SdkArgumentClass(one))
        const ours = schemeXml({ name: 'x', title, description: about, singleInstance: single, arguments: list })
        assert.deepEqual(parseTree(ours), toTree(oracle.toXML()))
      }),
      { numRuns: 50 },
    )
  })

  it('puts the title of an argument before its description', () => {
    const tags = parseTree(argumentXml({ name: 'a', title: 'A', description: 'B' })).children.map((child) => child.tag)
    assert.deepEqual(tags.slice(0, 2), ['title', 'description'])
  })

  it('never lets out a character which XML cannot hold', () => {
    assert.equal(escapeXml('a\u0000\u001b\ud800b\ufffe"\r<😀>'), 'a\ufffd\ufffd\ufffdb\ufffd&quot;&#13;&lt;😀&gt;')
  })
})
