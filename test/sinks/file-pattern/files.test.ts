import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PatternFiles } from '../../../src/sinks/file-pattern/files.ts'

const values = { source: 'app', sourcetype: 'type', host: 'web1', index: 'main' }

describe('files named by a pattern', () => {
  let folder = ''
  let target = ''

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-files-'))
    target = path.join(folder, 'target')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function written(pattern: string, ...pieces: [source: string, text: string][]): void {
    const files = new PatternFiles(path.join(target, pattern))
    try {
      for (const [source, text] of pieces) files.write(files.fileOf({ ...values, source }), Buffer.from(text))
    } finally {
      files.close()
      files.close()
    }
  }

  const content = (...names: string[]): string => readFileSync(path.join(target, ...names), 'utf8')

  it('are made with their folders, emptied at first use, and appended to from then on', () => {
    mkdirSync(path.join(target, 'a'), { recursive: true })
    writeFileSync(path.join(target, 'a', 'x.log'), 'of an earlier run')
    written('%source%/x.log', ['a', '1'], ['b', '2'], ['a', '3'])
    assert.equal(content('a', 'x.log'), '13')
    assert.equal(content('b', 'x.log'), '2')
    written('%source%/x.log', ['b', '4'])
    assert.equal(content('a', 'x.log'), '13')
    assert.equal(content('b', 'x.log'), '4')
  })

  it('are open a few at a time, and lose nothing by being closed in between', () => {
    const files = new PatternFiles(path.join(target, '%source%.log'), { maxOpenFiles: 7 })
    const open = (): number => readdirSync('/proc/self/fd').length
    const isLinux = process.platform === 'linux'
    const before = isLinux ? open() : 0
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 100; i++) files.write(files.fileOf({ ...values, source: `s${i}` }), Buffer.from(`${round}`))
      if (isLinux) assert.equal(open() - before, 7)
    }
    files.close()
    if (isLinux) assert.equal(open(), before)
    for (let i = 0; i < 100; i++) assert.equal(content(`s${i}.log`), '012')
  })

  it('are one when two names mean one file', () => {
    mkdirSync(target)
    writeFileSync(path.join(target, 'a.log'), 'old')
    linkSync(path.join(target, 'a.log'), path.join(target, 'b.log'))
    symlinkSync('a.log', path.join(target, 'c.log'))
    written('%source%.log', ['a', '1'], ['b', '2'], ['c', '3'], ['a', '4'])
    assert.equal(content('a.log'), '1234')
  })

  it('are no more than can be remembered', () => {
    const files = new PatternFiles(path.join(target, '%source%.log'), { maxFiles: 2, maxOpenFiles: 1 })
    for (const source of ['a', 'b', 'a']) files.write(files.fileOf({ ...values, source }), Buffer.from('x'))
    assert.throws(
      () => {
        files.write('c.log', Buffer.from('x'))
      },
      { code: 'WRITE_FAILED', message: /more than 2 files; use fewer variables/ },
    )
    files.close()
  })

  it('stay in the target folder, whatever links lie in it', () => {
    mkdirSync(target)
    const outside = path.join(folder, 'outside')
    mkdirSync(path.join(outside, 'sub'), { recursive: true })
    const secret = path.join(outside, 'secret')
    writeFileSync(secret, 'precious')
    symlinkSync(outside, path.join(target, 'folder-link'))
    symlinkSync('../outside', path.join(target, 'relative-link'))
    symlinkSync('folder-link', path.join(target, 'link-to-link'))
    symlinkSync(secret, path.join(target, 'secret'))
    symlinkSync(path.join(outside, 'new'), path.join(target, 'dangling'))
    symlinkSync(path.join(outside, 'new-folder'), path.join(target, 'dangling-folder'))
    symlinkSync(target, path.join(target, 'itself'))
    for (const [pattern, source] of [
      ['%source%/secret', 'folder-link'],
      ['%source%/sub/x', 'relative-link'],
      ['%source%/new', 'link-to-link'],
      ['%source%', 'secret'],
      ['%source%', 'dangling'],
      ['%source%/x', 'dangling-folder'],
      ['%source%', 'itself'],
    ] as const) {
      assert.throws(
        () => {
          written(pattern, [source, 'evil'])
        },
        { code: 'WRITE_FAILED' },
        `${pattern} ${source}`,
      )
    }
    assert.equal(readFileSync(secret, 'utf8'), 'precious')
    assert.deepEqual(readdirSync(outside).sort(), ['secret', 'sub'])
    assert.deepEqual(readdirSync(path.join(outside, 'sub')), [])
    // A link that stays inside is the user's own affair.
    mkdirSync(path.join(target, 'real'))
    symlinkSync('real', path.join(target, 'alias'))
    written('%source%/x', ['alias', 'good'])
    assert.equal(content('real', 'x'), 'good')
  })

  it('may lie in a folder which is itself reached by a link', () => {
    const real = path.join(folder, 'real')
    mkdirSync(real)
    symlinkSync(real, target)
    written('%source%', ['a', '1'])
    assert.equal(readFileSync(path.join(real, 'a'), 'utf8'), '1')
  })

  it('are refused in one sentence where they cannot be written', () => {
    mkdirSync(path.join(target, 'folder'), { recursive: true })
    writeFileSync(path.join(target, 'file'), '')
    const refused = (pattern: string, source: string, message: RegExp): void => {
      assert.throws(
        () => {
          written(pattern, [source, 'x'])
        },
        { code: 'WRITE_FAILED', message },
        `${pattern} ${source}`,
      )
    }
    refused('%source%', 'folder', /folder cannot be written: it is a directory$/)
    refused('folder', '', /folder cannot be written: it is a directory$/)
    refused('%source%/x', 'file', /cannot be written: a part of its path is no directory$/)
    refused(`${'%source%/'.repeat(20)}x`, 'y'.repeat(250), /cannot be written: its path is too long$/)
    if (process.platform !== 'win32') {
      // Opened the usual way, a pipe would wait for a reader for ever.
      execFileSync('mkfifo', [path.join(target, 'pipe')])
      refused('%source%', 'pipe', /cannot be written: it is no regular file$/)
    }
  })

  it('tell that the disk is full', function () {
    if (!existsSync('/dev/full')) return
    const files = new PatternFiles('/dev/full')
    assert.throws(
      () => {
        files.write(files.fileOf(values), Buffer.from('x'))
      },
      {
        code: 'WRITE_FAILED',
        message: '/dev/full cannot be written: the disk is full',
      },
    )
    files.close()
  })
})
