import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { commands, maxCommandBytes } from '../../scripts/build-commands.ts'
import { readmeUrl } from '../../scripts/readme-tables.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { sentEvents } from '../support/sent-events.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly private: boolean
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** The examples in README.md by file name: the code blocks below lines `<!-- example: NAME -->`. */
const examples: ReadonlyMap<string, string> = new Map(
  [...readFileSync(readmeUrl, 'utf8').matchAll(/^<!-- example: (\S+) -->\n```ts\n([^]*?)^```$/gm)].map(
    ([, name = '', code = '']) => [name, code],
  ),
)

interface Ended {
  readonly stdout: string
  readonly stderr: string
}

describe('the npm package, installed into an empty folder', function () {
  this.timeout(120_000) // npm asks a registry

  let folder = ''
  let installed = ''
  let engine: KinesisEngine
  let door: HttpDoor | undefined

  before(async () => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'npm-package-')))
    await run('npm', ['pack', '--silent', '--pack-destination', folder], root)
    const [archive] = readdirSync(folder)
    writeFileSync(path.join(folder, 'package.json'), '{"private":true,"type":"module"}')
    const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    await run('npm', ['install', ...quietly, `./${archive}`], folder)
    installed = path.join(folder, 'node_modules', manifest.name)
    for (const [name, code] of examples) writeFileSync(path.join(folder, name), code)
    // What users bring along themselves.
    for (const name of ['pino', '@types/node']) {
      const link = path.join(folder, 'node_modules', name)
      mkdirSync(path.dirname(link), { recursive: true })
      symlinkSync(path.join(root, 'node_modules', name), link)
    }
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    engine = new KinesisEngine({ clock: systemClock })
    engine.createStream('logs', { shards: 2 })
    door = await startKinesisServer(engine, { clock: systemClock })
  })

  afterEach(async () => {
    await door?.close()
  })

  /** Rejects when the exit code is not 0. */
  async function run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
    return promisify(execFile)(file, args, {
      cwd,
      env: {
        ...process.env,
        PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        AWS_ACCESS_KEY_ID: 'AKIATESTER',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: door?.endpoint ?? '',
      },
    })
  }

  const example = (name: string): Promise<Ended> => run(process.execPath, [name], folder)

  it('sends as README.md says, with the sender and with pino', async () => {
    assert.deepEqual(await example('sender.ts'), { stdout: '', stderr: '' })
    assert.deepEqual(await example('pino.ts'), { stdout: '', stderr: '' })
    const events = sentEvents(engine, 'logs').map(({ message, time, ...metadata }) => ({
      message: String(message).replace(/"time":\d+,"pid":\d+,"hostname":"[^"]*"/, '…'),
      hasTime: time !== undefined,
      ...metadata,
    }))
    const shop = { source: 'shop', host: 'web1' }
    assert.deepEqual(
      new Set(events),
      new Set([
        { message: 'order 7 placed', hasTime: false, ...shop, sourcetype: 'orders' },
        { message: 'a message\nof two lines', hasTime: true, ...shop, sourcetype: 'app' },
        {
          message: '{"level":30,…,"order":7,"msg":"placed"}',
          hasTime: true,
          source: 'shop',
          sourcetype: 'pino',
          host: hostname(),
        },
      ]),
    )
  })

  it('reads as README.md says, once each', async () => {
    await example('sender.ts')
    const { stdout, stderr } = await example('reader.ts')
    assert.deepEqual(stdout.split('\n').sort(), ['', 'of two lines', 'shop a message', 'shop order 7 placed'])
    assert.doesNotMatch(stderr, /WARN|ERROR/)
    assert.equal((await example('reader.ts')).stdout, '')
  })

  it('declares types which the examples keep to, whatever the user is strict about', async () => {
    const files = [...examples.keys()]
    assert.ok(files.includes('sender.ts') && files.includes('pino.ts'))
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--noEmit']
    const platform = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023', '--types', 'node']
    await run(process.execPath, [compiler, ...strict, ...platform, ...files], folder)
  })

  it('has each command in one file which needs no other, and helps', async () => {
    assert.deepEqual(Object.keys(manifest.bin).sort(), [...commands].sort())
    for (const [name, file] of Object.entries(manifest.bin)) {
      const { size, mode } = statSync(path.join(installed, file))
      assert.ok(size <= maxCommandBytes && (mode & 0o111) === 0o111, `${name}: ${size} bytes, mode ${mode.toString(8)}`)
      const text = readFileSync(path.join(installed, file), 'utf8')
      assert.ok(text.startsWith('#!/usr/bin/env node\n'), name)
      const { stdout, stderr } = await run(path.join('node_modules/.bin', name), ['--help'], folder)
      assert.match(stdout, new RegExp(`^Usage: ${name} `))
      assert.equal(stderr, '')
      const alone = path.join(folder, 'alone', `${name}.mjs`)
      cpSync(path.join(installed, file), alone)
      assert.equal((await run(alone, ['--help'], '/')).stdout, stdout)
    }
  })

  it('has commands which work together', async () => {
    const shell = (line: string): Promise<Ended> =>
      run('sh', ['-c', `PATH="$PWD/node_modules/.bin:$PATH"; ${line}`], folder)
    await shell('echo "Test log entry" | log2kinesis send --stream-name logs --source=test-script --timestamp=')
    await shell('log2kinesis send --stream-name logs --source=count --timestamp= --split-mode none echo -- one -H')
    const { stdout } = await shell('dumpstream --stream-name logs --default-to-horizon --until-now | logdecode')
    assert.deepEqual(stdout.split('\n').sort(), ['', 'Test log entry', 'one -H'])
  })

  it('depends on exactly what the library imports, and on no Node', () => {
    const imported = new Set<string>()
    for (const file of readdirSync(path.join(installed, 'dist/lib'), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(d\.ts|js)$/.test(file)) continue
      const text = readFileSync(path.join(installed, 'dist/lib', file), 'utf8')
      assert.doesNotMatch(text, /['"]\.[^'"\n]*\.ts['"]/, `${file} imports TypeScript`)
      for (const [, name = ''] of text.matchAll(/(?:from|import\() ?['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/g))
        imported.add(name)
    }
    const packages = [...imported].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    assert.deepEqual(packages.sort(), Object.keys(manifest.dependencies).sort())
    const others = readdirSync(path.join(folder, 'node_modules')).filter((name) =>
      /^(node|commander|re2js|xml2js)\b/.test(name),
    )
    assert.deepEqual(others, [])
  })

  it('has what it is made of, its licences, and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) =>
      statSync(path.join(installed, file)).isFile(),
    )
    const others = files.filter((file) => !/^dist\/lib\/[\w/-]+\.(js|d\.ts)$/.test(file))
    assert.deepEqual(
      others.sort(),
      [
        'LICENSE',
        'README.md',
        'dist/bin/THIRD-PARTY-LICENSES.txt',
        'package.json',
        ...Object.values(manifest.bin),
      ].sort(),
    )
    assert.ok(manifest.private, 'npm publish must be meant')
  })
})
