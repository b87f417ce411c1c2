import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { testedNode } from '../support/tested-node.ts'
import { mustRun } from './relay/real-program.ts'
import { relayScript } from './relay/relay-process.ts'

describe('the unit of the relay', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-unit-'))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('is what systemd takes, also with everything set which may be', async () => {
    const args = [await relayScript(), 'install', '--dry-run', '--user', 'daemon']
    const { stdout } = await mustRun(testedNode, args)
    const [, unit = '', override = ''] = stdout.split(/^# \/etc\/systemd\/system\/.*\n/m)
    assert.match(unit, /^\[Unit\]/)
    assert.match(override, /^Environment=/m)
    const file = path.join(folder, 'kinesyslog.service')
    mkdirSync(`${file}.d`)
    writeFileSync(file, unit)
    for (const text of [override, override.replaceAll(/^#(Environment|User)=/gm, '$1=')]) {
      writeFileSync(path.join(`${file}.d`, 'override.conf'), text)
      const { stderr } = await mustRun('systemd-analyze', ['verify', '--man=no', file])
      // What it does not know it tells, and passes over.
      assert.equal(stderr, '')
    }
  })
})
