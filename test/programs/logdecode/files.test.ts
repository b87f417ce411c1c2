import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { line, logdecode, record } from './logdecode-run.ts'

describe('logdecode into files', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-logdecode-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('writes each event where its origin says, in both formats', async () => {
    const input = [
      line(record(['1'], { source: 'a', host: 'x' })),
      line(record(['2'], { source: 'b', host: '' })),
      line(record(['3'], { source: 'a', host: 'x' })),
    ].join('')
    const args = ['--target-filepath', 'output/%source%/%source%-%host%.log']
    const { code, stdout, stderr } = await logdecode(args, input, { cwd: folder })
    assert.deepEqual([code, stdout, stderr], [0, '', ''])
    assert.equal(readFileSync(path.join(folder, 'output/a/a-x.log'), 'utf8'), '1\n3\n')
    assert.equal(readFileSync(path.join(folder, 'output/b/b-_.log'), 'utf8'), '2\n')
    assert.equal((await logdecode(['-f', 'all.json', '--format', 'json'], input, { cwd: folder })).code, 0)
    assert.equal(readFileSync(path.join(folder, 'all.json'), 'utf8').split('\n').length, 4)
  })

  it('serves 2,000 sources, each with many senders, through few open files', async () => {
    const input: string[] = []
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2000; i++) {
        input.push(line(record([`${round}`], { source: `/var/log/${i}`, encId: BigInt(round * 2000 + i) })))
      }
    }
    // A process which could have no more open at a time would fail otherwise.
    const { code, stderr } = await logdecode(['-f', 'out/%source%'], input.join(''), { cwd: folder })
    assert.deepEqual([code, stderr], [0, ''])
    const names = readdirSync(path.join(folder, 'out'))
    assert.equal(names.length, 2000)
    for (const name of names) assert.equal(readFileSync(path.join(folder, 'out', name), 'utf8'), '0\n1\n2\n')
  })

  it('never leaves the target folder', async () => {
    const hostile = ['../evil', '/tmp/evil', '..', '.', '%host%', 'a/../../evil', '\0evil', 'x'.repeat(300), '']
    const input = hostile.map((source) => line(record(['evil'], { source, host: '..' }))).join('')
    const { code } = await logdecode(['-f', 'out/%source%/%host%'], input, { cwd: folder })
    assert.equal(code, 0)
    assert.deepEqual(readdirSync(folder), ['out'])
    const found = readdirSync(path.join(folder, 'out'), { recursive: true, withFileTypes: true })
    assert.equal(found.filter((entry) => entry.isFile()).length, 8)
    assert.equal(readFileSync(path.join(folder, 'out', '_', '__'), 'utf8'), 'evil\nevil\n')

    writeFileSync(path.join(folder, 'precious'), 'precious')
    symlinkSync('../../precious', path.join(folder, 'out', '_', 'link'))
    const linked = line(record(['evil'], { source: '', host: 'link' }))
    const refused = await logdecode(['-f', 'out/%source%/%host%'], linked, { cwd: folder })
    assert.equal(refused.code, 100)
    assert.match(
      refused.stderr,
      /^logdecode: Failed to write entry: .*outside of the target folder; remove the link\.\n$/,
    )
    assert.equal(readFileSync(path.join(folder, 'precious'), 'utf8'), 'precious')
  })
})
