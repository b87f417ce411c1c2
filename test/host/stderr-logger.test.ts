import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import type { LogFields } from '../../src/core/logger.ts'
import { createStderrLogger, redacting } from '../../src/host/stderr-logger.ts'

function written(at: string, fields?: LogFields): string {
  const stream = new PassThrough()
  createStderrLogger(stream).warn(at, fields)
  return String(stream.read())
}

describe('the log on stderr', () => {
  it('writes level first, then logfmt', () => {
    const fields = { stream: 'app', count: 3, ok: true, none: undefined, error: 'Rate "x" exceeded', path: 'a=b' }
    assert.equal(
      written('put', fields),
      String.raw`WARN at=put stream=app count=3 ok=true error="Rate \"x\" exceeded" path="a=b"` + '\n',
    )
  })

  it('knows four levels', () => {
    const stream = new PassThrough()
    const logger = createStderrLogger(stream)
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
    assert.equal(String(stream.read()), 'DEBUG at=a\nINFO at=b\nWARN at=c\nERROR at=d\n')
  })

  it('writes one line whatever the values are', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a\r\nb', '\u2028', '\u001b[31m', '\0'))
    fc.assert(
      fc.property(fc.string(), fc.string(), value, (at, key, text) => {
        const line = written(at, { [key]: text })
        // Nothing a reader of lines may take for a break, nothing that drives a terminal.
        assert.match(line, /^WARN at=[^\p{C}\p{Zl}\p{Zp}]*\n$/u)
      }),
    )
  })

  it('cuts long lines', () => {
    const line = written('a', { text: 'x'.repeat(10_000) })
    assert.equal(line.length, 8192 + 1)
    assert.ok(line.endsWith('x…\n'))
  })

  it('drops lines while nobody reads, and says how many', () => {
    let text = ''
    let proceed = (): void => {}
    const stream = new Writable({
      decodeStrings: false,
      write(chunk, _, done) {
        text += String(chunk)
        proceed = done
      },
    })
    const logger = createStderrLogger(stream, { maxWaitingBytes: 100 })
    for (let i = 0; i < 20; i++) logger.info('line', { i, filling: 'x'.repeat(30) })
    assert.ok(stream.writableLength < 200)
    while (stream.writableLength > 0) proceed()
    const kept = text.match(/at=line/g)?.length ?? 0
    assert.ok(kept > 0 && kept < 20)
    text = ''
    logger.info('last')
    while (stream.writableLength > 0) proceed()
    assert.equal(text, `WARN at=log dropped=${20 - kept}\nINFO at=last\n`)
  })

  it('is silent once the stream is gone', () => {
    const stream = new PassThrough()
    stream.destroy()
    createStderrLogger(stream).error('a')
  })
})

describe('the redacting logger', () => {
  it('hides secrets in all fields, and leaves short ones alone', () => {
    const stream = new PassThrough()
    const logger = redacting(createStderrLogger(stream), ['swordfish', 'abc', ''])
    logger.error('a', { error: 'wrong swordfish, swordfish', n: 1, abc: 'abc' })
    logger.info('swordfish')
    logger.warn('b')
    logger.debug('c', { x: 'swordfish' })
    assert.equal(
      String(stream.read()),
      'ERROR at=a error="wrong ********, ********" n=1 abc=abc\nINFO at=********\nWARN at=b\nDEBUG at=c x=********\n',
    )
  })
})
