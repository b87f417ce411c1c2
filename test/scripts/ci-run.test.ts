import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

describe('.ci/run', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kinloader-ci-'))
    mkdirSync(join(folder, '.ci'))
    mkdirSync(join(folder, 'bin'))
    copyFileSync(fileURLToPath(new URL('../../.ci/run', import.meta.url)), join(folder, '.ci/run'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** With a make which does as it is told here; resolves with exit code and last line. */
  function run(test: string, verify: string): [number | null, string | undefined] {
    writeFileSync(join(folder, 'bin/make'), `#!/bin/sh\ncase "$2" in test) ${test};; verify) ${verify};; esac\n`)
    chmodSync(join(folder, 'bin/make'), 0o755)
    const path = `${join(folder, 'bin')}:/usr/bin:/bin`
    const { status, stdout } = spawnSync('bash', [join(folder, '.ci/run')], {
      env: { PATH: path, CI: 'true' },
      cwd: '/',
      encoding: 'utf8',
      input: 'nothing of this is for make',
    })
    return [status, stdout.trimEnd().split('\n').at(-1)]
  }

  it('adds up what the two targets count', () => {
    assert.deepEqual(run('echo "  40 passing (3s)"', 'echo "2 passed, 0 failed"'), [0, '42 passed, 0 failed'])
  })

  it('reads totals in colour', () => {
    const test = String.raw`printf "\033[92m \033[0m\033[32m 40 passing\033[0m\033[90m (3s)\033[0m\n"`
    assert.deepEqual(run(test, 'echo "2 passed, 0 failed"'), [0, '42 passed, 0 failed'])
  })

  it('runs the second target after a failure of the first', () => {
    const first = 'printf "  40 passing (3s)\\n  2 failing\\n"; exit 2'
    assert.deepEqual(run(first, 'echo "2 passed, 1 failed"; exit 1'), [1, '42 passed, 3 failed'])
  })

  it('counts a target which fails before or after its tests, and one without tests', () => {
    assert.deepEqual(run('exit 2', 'echo "2 passed, 0 failed"'), [1, '2 passed, 1 failed'])
    assert.deepEqual(run('echo "  40 passing (3s)"; exit 2', 'echo "2 passed, 0 failed"'), [1, '42 passed, 1 failed'])
    assert.deepEqual(run('echo "  40 passing (3s)"', 'echo done'), [1, '40 passed, 1 failed'])
  })

  it('gives the targets nothing to read', () => {
    assert.deepEqual(run('[ -z "$(cat)" ] && echo "  1 passing (3s)"', 'echo "1 passed, 0 failed"'), [
      0,
      '2 passed, 0 failed',
    ])
  })
})
