import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compileLinearPattern } from '../../src/codecs/linear-pattern.ts'
import { Multiline, type MultilineOptions } from '../../src/codecs/multiline.ts'

type Options = Partial<MultilineOptions>

function split(chunks: readonly (string | Uint8Array)[], options: Options = {}): Buffer[] {
  const multiline = new Multiline({ mode: 'newline', maxEventBytes: 1000, ...options })
  const events = chunks.flatMap((chunk) => multiline.push(Buffer.from(chunk)))
  return [...events, ...multiline.end()]
}

const texts = (input: string, options?: Options): string[] => split([input], options).map(String)
const dated = { mode: 'regex', pattern: compileLinearPattern(String.raw`^\d`) } as const

/** A prefix which counts events. */
function counting(): () => string {
  let count = 0
  return () => `${++count}> `
}

describe('joining lines into events', () => {
  it('makes an event of each line, empty ones left out', () => {
    assert.deepEqual(texts('one\r\n\ntwo\n\r\n th\rree'), ['one\n', 'two\n', ' th\rree\n'])
    assert.deepEqual(texts(''), [])
    assert.deepEqual(texts('\n\n'), [])
  })

  it('begins an event at a line with the pattern', () => {
    const input = 'lead\n1 a\n  more\n\n2 b\n3 c\r\n end'
    assert.deepEqual(texts(input, dated), ['lead\n', '1 a\n  more\n\n', '2 b\n', '3 c\n end\n'])
  })

  it('makes one event of everything', () => {
    assert.deepEqual(texts('a\n\nb', { mode: 'none' }), ['a\n\nb\n'])
    assert.deepEqual(texts('\n', { mode: 'none' }), ['\n'])
    assert.deepEqual(texts('', { mode: 'none' }), [])
  })

  it('ends an event with its last permitted line', () => {
    const input = '1\n2\n3\n\n5\n6\n'
    assert.deepEqual(texts(input, { mode: 'none', maxLines: 2 }), ['1\n2\n', '3\n\n', '5\n6\n'])
    assert.deepEqual(texts('1\na\nb\nc\n2\n', { ...dated, maxLines: 2 }), ['1\na\n', 'b\nc\n', '2\n'])
    const lines = 'x\n'.repeat(1001)
    assert.deepEqual(
      split([lines], { mode: 'none', maxEventBytes: 5000 }).map((event) => event.length),
      [2000, 2],
    )
    assert.equal(split([lines], { mode: 'none', maxEventBytes: 5000, maxLines: 0 }).length, 1)
  })

  it('puts the prefix before the first line of each event', () => {
    assert.deepEqual(texts('a\n\nb', { prefix: counting() }), ['1> a\n', '2> b\n'])
    assert.deepEqual(texts('a\nb\nc', { mode: 'none', maxLines: 2, prefix: counting() }), ['1> a\nb\n', '2> c\n'])
  })

  it('asks for the prefix when the first line is complete', () => {
    let time = 'early'
    const multiline = new Multiline({ mode: 'none', maxEventBytes: 100, prefix: () => `${time} ` })
    multiline.push(Buffer.from('a'))
    time = 'then'
    multiline.push(Buffer.from('b\n'))
    time = 'late'
    assert.deepEqual(multiline.end().map(String), ['then ab\n'])
  })

  it('leaves bytes which are no text as they are', () => {
    const bytes = Buffer.from([0, 0xff, 0xc3, 0x28, 0x0d, 0x0b, 0x0a, 0x80, 0x0d])
    assert.deepEqual(Buffer.concat(split([bytes])), Buffer.concat([bytes, Buffer.from('\n')]))
  })

  it('gives out nothing which later chunks change', () => {
    const chunk = Buffer.from('one\ntw')
    const multiline = new Multiline({ mode: 'newline', maxEventBytes: 100 })
    const [first] = multiline.push(chunk)
    chunk.write('XXXXXX')
    const [second] = multiline.push(Buffer.from('o\n'))
    multiline.push(Buffer.from('three\n'))
    assert.deepEqual([String(first), String(second)], ['one\n', 'two\n'])
  })

  it('cuts lines which are too long, and counts each once', () => {
    const multiline = new Multiline({ mode: 'newline', maxEventBytes: 16 })
    const events = [
      ...multiline.push(Buffer.from(`${'x'.repeat(40)}\nshort\n${'y'.repeat(17)}`)),
      ...multiline.end(),
    ].map(String)
    assert.deepEqual(events, ['x'.repeat(16), 'x'.repeat(16), 'xxxxxxxx\n', 'short\n', 'y'.repeat(16), 'y\n'])
    assert.deepEqual(multiline.counters, { lines: 3, events: 6, splitLines: 2, splitEvents: 0 })
  })

  it('fills an event to its last byte', () => {
    assert.deepEqual(texts(`${'x'.repeat(15)}\r\n`, { maxEventBytes: 16 }), [`${'x'.repeat(15)}\n`])
    assert.deepEqual(texts('x'.repeat(16), { maxEventBytes: 16 }), ['x'.repeat(15), 'x\n'])
    assert.deepEqual(texts(`${'x'.repeat(16)}\r\n`, { maxEventBytes: 16 }), ['x'.repeat(15), 'x\n'])
    assert.deepEqual(texts('x'.repeat(15), { maxEventBytes: 16, prefix: () => '> ' }), [`> ${'x'.repeat(14)}`, '> x\n'])
  })

  it('cuts between two characters', () => {
    for (const character of ['é', '€', '😀']) {
      const line = `x${character.repeat(30)}`
      const events = texts(line, { maxEventBytes: 17 })
      assert.equal(events.join(''), `${line}\n`)
    }
  })

  it('ends an event early when the next line does not fit, and counts that', () => {
    const multiline = new Multiline({ mode: 'none', maxEventBytes: 16 })
    const events = [...multiline.push(Buffer.from(`a\n${'b'.repeat(14)}\nc`)), ...multiline.end()].map(String)
    assert.deepEqual(events, ['a\n', `${'b'.repeat(14)}\n`, 'c\n'].map(String))
    assert.deepEqual(multiline.counters, { lines: 3, events: 3, splitLines: 0, splitEvents: 2 })
  })

  it('continues an event with the rest of a line which was cut', () => {
    const input = `1 ${'x'.repeat(20)}\nmore\n2\n`
    assert.deepEqual(texts(input, { ...dated, maxEventBytes: 16 }), [`1 ${'x'.repeat(14)}`, 'xxxxxx\nmore\n', '2\n'])
  })

  it('looks for the pattern in the first 4,096 bytes of a line', () => {
    const pattern = compileLinearPattern('!')
    const input = (before: number): string => `a\n${'x'.repeat(before)}!\n`
    const options = { mode: 'regex', pattern, maxEventBytes: 10_000 } as const
    assert.equal(texts(input(4095), options).length, 2)
    assert.equal(texts(input(4096), options).length, 1)
  })

  it('survives a prefix longer than an event', () => {
    const events = texts('x'.repeat(40), { maxEventBytes: 16, prefix: () => 'p'.repeat(100) })
    assert.equal(events.map((event) => event.replace('p'.repeat(8), '')).join(''), `${'x'.repeat(40)}\n`)
    assert(events.every((event) => event.length <= 16))
  })

  const inputs = fc
    .array(
      fc.oneof(
        fc.constantFrom('\n', '\r\n', '\r', '1', '2 x', 'é', '😀', '€€€€€€€').map((text) => Buffer.from(text)),
        fc.integer({ min: 1, max: 40 }).map((length) => Buffer.alloc(length, 'x')),
        fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 60 },
    )
    .map((parts) => Buffer.concat(parts))
  const options = fc.record(
    {
      mode: fc.constantFrom('none' as const, 'newline' as const, 'regex' as const),
      maxLines: fc.integer({ min: 0, max: 4 }),
      maxEventBytes: fc.integer({ min: 16, max: 40 }),
    },
    { noNullPrototype: true },
  )
  const borders = fc.array(fc.nat({ max: 200 }), { maxLength: 30 })

  it('does not depend on the borders of chunks', () => {
    fc.assert(
      fc.property(inputs, options, borders, fc.boolean(), (input, given, at, hasPrefix) => {
        const chunks = [...at, 0, input.length]
          .map((border) => Math.min(border, input.length))
          .sort((a, b) => a - b)
          .map((border, index, all) => input.subarray(border, all[index + 1]))
        const settings = (): Options => ({
          pattern: dated.pattern,
          ...given,
          ...(hasPrefix && { prefix: counting() }),
        })
        const bytewise = Array.from(input, (_, index) => input.subarray(index, index + 1))
        const expected = split([input], settings())
        assert.deepEqual(split(chunks, settings()), expected)
        assert.deepEqual(split(bytewise, settings()), expected)
      }),
    )
  })

  it('loses and adds nothing, and keeps to the limit', () => {
    fc.assert(
      fc.property(inputs, options, (input, given) => {
        const events = split([input], { pattern: dated.pattern, ...given })
        // Latin 1 keeps all bytes.
        const lines = input.toString('latin1').split(/\r?\n/)
        if (lines.at(-1) === '') lines.pop()
        const kept = given.mode === 'newline' ? lines.filter((line) => line !== '') : lines
        assert.equal(Buffer.concat(events).toString('latin1'), kept.map((line) => `${line}\n`).join(''))
        assert(events.every((event) => event.length <= given.maxEventBytes && event.length > 0))
      }),
    )
  })
})
