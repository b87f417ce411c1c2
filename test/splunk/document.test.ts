import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { systemClock } from '../../src/host/system-clock.ts'
import { type DocumentOptions, readDocument } from '../../src/splunk/document.ts'
import { findRootEnd } from '../../src/splunk/root-end.ts'
import { readSdkFixture } from '../support/splunk-sdk.ts'

function read(pipe: PassThrough, options: Partial<DocumentOptions> = {}): Promise<string> {
  return readDocument(pipe, { clock: systemClock, signal: new AbortController().signal, ...options })
}

describe('reading the document', () => {
  it('ends with the root element while the pipe stays open, however it is cut', async () => {
    const text = `<?xml version="1.0" encoding="utf-16"?><!-- </input> --><input a=">">für 😀<b/></input>`
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { maxLength: 8 }), async (sizes) => {
        const pipe = new PassThrough()
        const document = read(pipe)
        let rest = Buffer.from(text)
        for (const size of sizes) {
          pipe.write(rest.subarray(0, size))
          rest = rest.subarray(size)
        }
        pipe.write(rest)
        assert.equal(await document, text)
        assert.ok(pipe.destroyed)
      }),
      { numRuns: 50 },
    )
  })

  it('does not care what follows the root element', async () => {
    for (const trailing of ['\n', '<!-- end -->', '</input>', 'garbage']) {
      const pipe = new PassThrough()
      pipe.end(`${readSdkFixture('conf_with_2_inputs')}${trailing}`)
      assert.equal(await read(pipe), readSdkFixture('conf_with_2_inputs'))
    }
  })

  it('fails when the pipe ends before the root element does', async () => {
    for (const text of ['', '  ', '<input>', '<input><![CDATA[</input>']) {
      const pipe = new PassThrough()
      pipe.end(text)
      await assert.rejects(read(pipe), { code: 'BAD_DOCUMENT', message: /closed its pipe before/ })
    }
  })

  it('waits no longer than it was told', async () => {
    const pipe = new PassThrough()
    pipe.write('<input>')
    await assert.rejects(read(pipe, { timeoutMs: 20 }), { code: 'BAD_DOCUMENT', message: /within 0.02 s/ })
  })

  it('stops at once when told to', async () => {
    const stop = new AbortController()
    const document = read(new PassThrough(), { signal: stop.signal })
    stop.abort()
    await assert.rejects(document, { code: 'ABORTED' })
  })

  it('refuses a document without end', async () => {
    const pipe = new PassThrough()
    pipe.write(`<input>${'x'.repeat(2000)}`)
    await assert.rejects(read(pipe, { maxBytes: 1000 }), { code: 'BAD_DOCUMENT', message: /more than 1000 bytes/ })
  })

  it('fails when the pipe breaks', async () => {
    const pipe = new PassThrough()
    const document = read(pipe)
    pipe.destroy(new Error('broken'))
    await assert.rejects(document, { code: 'BAD_DOCUMENT' })
  })
})

describe('the end of the root element', () => {
  it('is found behind whatever may hide it', () => {
    const cases = {
      '<a/>': 4,
      '<a></a>x': 7,
      '<a><a></a></a><a/>': 14,
      '<a b=\'</a>\' c="/>"></a>': 23,
      '<?p <a/> ?><!-- <a/> --><a><![CDATA[</a>]]></a>': 47,
      '<a><b/></a >': 12,
    }
    for (const [text, end] of Object.entries(cases)) {
      assert.equal(findRootEnd(text), end, text)
      for (let length = 0; length < end; length++) assert.equal(findRootEnd(text.slice(0, length)), undefined, text)
    }
  })
})
