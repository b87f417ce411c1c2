import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Metafile } from 'esbuild'
import { list } from 'tar'
import { buildApp, schemes } from '../../scripts/build.ts'
import { packageApp, type Runtime } from '../../scripts/package.ts'
import { schemeXml } from '../../src/splunk/scheme.ts'
import { syslogScheme } from '../../src/wiring/inputs/kinloader-syslog.ts'
import { kinloaderScheme } from '../../src/wiring/inputs/kinloader.ts'

interface Entry {
  readonly path: string
  readonly mode: number
  readonly owner: string
  readonly type: string
  readonly timeMs: number
}

describe('the package', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'package-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function place(name: string, text: string): string {
    writeFileSync(path.join(folder, name), text)
    return path.join(folder, name)
  }

  async function make(name: string, runtime?: Runtime): Promise<{ archive: string; entries: Entry[] }> {
    const archive = path.join(folder, `${name}.tar.gz`)
    await packageApp({ folder: path.join(folder, name, 'kinloader'), archive, runtime })
    const entries: Entry[] = []
    await list({
      file: archive,
      onReadEntry: ({ path: file, mode = 0, uid = 0, gid = 0, type, mtime }) => {
        entries.push({ path: file, mode, owner: `${uid}:${gid}`, type, timeMs: mtime?.getTime() ?? 0 })
      },
    })
    return { archive, entries }
  }

  const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

  it('has the same bytes from two builds, and what is in it the modes and owner that Splunk wants', async () => {
    const first = await make('first')
    const second = await make('second')
    assert.equal(hash(first.archive), hash(second.archive))

    const paths = first.entries.map((entry) => entry.path.replace(/\/$/, ''))
    assert.deepEqual(paths, [...paths].sort())
    for (const { path: file, mode, owner, type, timeMs } of first.entries) {
      assert.equal(timeMs, type === 'Directory' ? 0 : Date.UTC(2026, 0, 1), file)
      assert.match(file, /^kinloader\/[\w./-]*$/)
      assert.equal(owner, '0:0')
      assert.ok(type === 'Directory' || type === 'File', `${file} is a ${type}`)
      assert.equal(
        mode,
        type === 'Directory' || /^kinloader\/bin\/kinloader(_syslog)?\.sh$/.test(file) ? 0o755 : 0o644,
        file,
      )
    }
    const wanted = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'app.manifest', 'bin/app/kinloader.js']
    const launchers = schemes.flatMap((scheme) => [`bin/${scheme}.sh`, `bin/${scheme}.cmd`, `bin/app/${scheme}.js`])
    for (const file of [
      ...wanted,
      ...launchers,
      'bin/kinloader_syslog.cnf',
      'default/app.conf',
      'README/inputs.conf.spec',
    ]) {
      assert.ok(paths.includes(`kinloader/${file}`), file)
    }
    assert.ok(paths.every((file) => !file.includes('x86')))

    const licences = readFileSync(path.join(folder, 'first/kinloader/THIRD-PARTY-LICENSES.txt'), 'utf8')
    assert.match(licences, /^xml2js 0\.6\.2 \(MIT\)$/m)
  })

  it('brings a Node.js and its licence when there is one, and starts with it', async () => {
    const runtime = {
      binary: place('node', '#!/bin/sh\necho "inside $*"\n'),
      licence: place('licence', 'free'),
      version: '24.21.0',
    }
    const { entries } = await make('whole', runtime)
    const modes = new Map(entries.map((entry) => [entry.path.replace('kinloader/linux_x86_64/', ''), entry.mode]))
    assert.equal(modes.get('bin/node'), 0o755)
    assert.equal(modes.get('NODE-LICENSE.txt'), 0o644)
    assert.equal(modes.get('NODE-VERSION.txt'), 0o644)
    for (const scheme of schemes) {
      assert.equal(modes.get(`bin/${scheme}`), 0o755)
      const launcher = path.join(folder, 'whole/kinloader/linux_x86_64/bin', scheme)
      const { stdout } = spawnSync(launcher, ['--scheme'], { encoding: 'utf8', env: {} })
      const settings = scheme === 'kinloader_syslog' ? '--openssl-config=\\S+/bin/kinloader_syslog\\.cnf ' : ''
      const flags = `--no-warnings --single-threaded-gc --max-semi-space-size=8 ${settings}`
      assert.match(stdout, new RegExp(`^inside ${flags}\\S+bin/app/${scheme}\\.js --scheme\n$`))
    }
  })
})

describe('the bundle', () => {
  let folder = ''
  let metafile: Metafile = { inputs: {}, outputs: {} }

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'bundle-'))
    metafile = await buildApp(folder)
  })

  after(() => {
    rmSync(folder, { recursive: true })
  })

  for (const scheme of [kinloaderScheme, syslogScheme]) {
    it(`shows the scheme of ${scheme.name}`, () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [path.join(folder, `${scheme.name}.js`), '--scheme'],
        { encoding: 'utf8' },
      )
      assert.deepEqual([status, stdout, stderr], [0, schemeXml(scheme), ''])
    })
  }

  it('loads nothing of AWS and no parser for the scheme', () => {
    const loaded = inputsLoadedAtStart('kinloader.js')
    assert.ok(loaded.includes('src/wiring/inputs/kinloader.ts'))
    for (const input of loaded) assert.doesNotMatch(input, /node_modules|splunk-input|clients|sources/)
    // All of it is there, behind an import that has to be reached first.
    assert.ok(Object.keys(metafile.inputs).some((input) => input.endsWith('src/wiring/splunk-input.ts')))
  })

  it('loads no listener for the scheme of the other, and nothing of AWS for its run', () => {
    const loaded = inputsLoadedAtStart('kinloader_syslog.js')
    assert.ok(loaded.includes('src/wiring/inputs/kinloader-syslog.ts'))
    for (const input of loaded) assert.doesNotMatch(input, /node_modules|syslog-input|clients|sources/)
    const run = path.basename(outputWith('src/wiring/syslog-input.ts'))
    const needed = inputsLoadedAtStart(run)
    assert.ok(needed.includes('src/sources/sockets/source.ts'))
    for (const input of needed) assert.doesNotMatch(input, /@aws-sdk|@smithy|clients\//)
  })

  function outputWith(input: string): string {
    const [file = ''] = Object.entries(metafile.outputs).find(([, { inputs }]) => input in inputs) ?? []
    return file
  }

  /** What is in an output and in all that it imports statically. */
  function inputsLoadedAtStart(name: string): string[] {
    const outputs = new Map(Object.entries(metafile.outputs).map(([file, output]) => [path.basename(file), output]))
    const reached = new Set([name])
    for (const one of reached) {
      for (const { path: file, kind } of outputs.get(one)?.imports ?? []) {
        if (kind === 'import-statement' && outputs.has(path.basename(file))) reached.add(path.basename(file))
      }
    }
    return [...reached].flatMap((one) => Object.keys(outputs.get(one)?.inputs ?? {}))
  }
})
