import assert from 'node:assert/strict'
import path from 'node:path'
import fc from 'fast-check'
import { FilePattern } from '../../../src/sinks/file-pattern/pattern.ts'

const values = { source: 'app', sourcetype: 'type', host: 'web1', index: 'main' }

describe('a path with variables', () => {
  const expand = (pattern: string, some: Partial<typeof values> = {}): string =>
    new FilePattern(pattern).expand({ ...values, ...some }).join('/')

  it('knows all four, anywhere and as often as they stand there', () => {
    assert.equal(expand('out/%source%/%source%-%host%.log'), 'app/app-web1.log')
    assert.equal(expand('%index%/%sourcetype%%host%'), 'main/typeweb1')
    assert.equal(expand('%other%-%host%-%%-100%'), '%other%-web1-%%-100%')
    assert.equal(expand('fixed/name.log'), 'name.log')
  })

  it('is expanded once: a value which looks like a variable stays as it is', () => {
    assert.equal(expand('%source%.log', { source: '%host%' }), '%host%.log')
    assert.equal(expand('%source%%host%', { source: '%ho', host: 'st%' }), '%host%')
  })

  it('has its target folder before the first variable', () => {
    const folder = (pattern: string): string => path.relative(process.cwd(), new FilePattern(pattern).folder)
    assert.equal(folder('out/in/%source%/x'), path.join('out', 'in'))
    assert.equal(folder('out/in-%source%/x'), 'out')
    assert.equal(folder('%source%'), '')
    assert.equal(folder('../x/y.log'), path.join('..', 'x'))
    assert.equal(new FilePattern('/%host%').folder, path.resolve('/'))
    assert.equal(expand('out/in-%source%/x'), 'in-app/x')
  })

  it('has no empty names, none with separators or control characters, and none that goes up', () => {
    assert.equal(expand('%source%/%host%', { source: '', host: '' }), '_/_')
    assert.equal(expand('x/%source%', { source: '/var/log/x' }), '_var_log_x')
    assert.equal(expand('x/%source%', { source: '..\\..\\x' }), '.._.._x')
    assert.equal(expand('x/%source%/y', { source: '..' }), '__/y')
    assert.equal(expand('x/%source%/y', { source: '.' }), '_/y')
    assert.equal(expand('x/%source%%host%/y', { source: '.', host: '.' }), '__/y')
    assert.equal(expand('x/%source%./y', { source: '.' }), '__/y')
    assert.equal(expand('x/%source%', { source: 'a\0b\nc\u0085d\u007f' }), 'a_b_c_d_')
  })

  it('has names of at most 255 bytes, and no two values in one because they were cut', () => {
    const long = 'ä'.repeat(200)
    const one = expand('x/%source%', { source: `${long}1` })
    const two = expand('x/%source%', { source: `${long}2` })
    assert.ok(Buffer.byteLength(one) <= 255 && Buffer.byteLength(one) > 240)
    assert.notEqual(one, two)
    assert.ok(one.startsWith('ä'.repeat(120)))
    assert.equal(expand('x/%source%', { source: 'y'.repeat(255) }), 'y'.repeat(255))
    assert.ok(Buffer.byteLength(expand('x/%source%', { source: '\u{1f600}'.repeat(1_000_000) })) <= 255)
  })

  it('leads nowhere else whatever the values are', () => {
    const hostile = fc.string({ unit: fc.constantFrom('.', '..', '/', '\\', '\0', '%host%', 'a', 'ä', '~', '\ud800') })
    fc.assert(
      fc.property(
        hostile,
        hostile,
        fc.constantFrom('t/%source%/%host%', 't/.%source%/x%host%', 't/%source%%host%'),
        (source, host, pattern) => {
          const { folder } = new FilePattern(pattern)
          const names = new FilePattern(pattern).expand({ ...values, source, host })
          assert.equal(names.length, pattern.split('/').length - 1)
          for (const name of names) assert.ok(name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name))
          assert.ok(path.join(folder, ...names).startsWith(`${folder}${path.sep}`))
        },
      ),
    )
  })

  it('is refused when it names no file, or goes up behind a variable', () => {
    for (const pattern of ['', 'out/', '%host%/', '.', 'out/%host%/../x', '%host%/..']) {
      assert.throws(() => new FilePattern(pattern), { code: 'INVALID_PATTERN' }, pattern)
    }
  })
})
