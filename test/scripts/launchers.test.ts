import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const appFolder = fileURLToPath(new URL('../../app', import.meta.url))
const dirty = { LD_LIBRARY_PATH: '/splunk/lib', NODE_PATH: '/n', NODE_OPTIONS: '--x', OPENSSL_CONF: '/o' }

interface Launched {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('the launchers', function () {
  if (process.platform === 'win32') return
  let folder = ''
  let pid = 0

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'launchers-'))
    cpSync(appFolder, path.join(folder, 'app'), { recursive: true })
    // The two fixed places must not be those of this machine.
    const search = path.join(folder, 'app/bin/kinloader.sh')
    const text = readFileSync(search, 'utf8').replace('/usr/local/bin/node', `${folder}/local/node`)
    writeFileSync(search, text.replace('/usr/bin/node', `${folder}/usr/node`))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** A Node.js which tells its version, or else how it was started. */
  function install(place: string, version: string): string {
    const file = path.join(folder, place)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(
      file,
      `#!/bin/sh
if [ "$1" = --version ]; then
  ${version === '' ? 'exit 1' : `echo ${version}`}
  exit 0
fi
echo "${place} $* lib=$LD_LIBRARY_PATH path=$NODE_PATH options=$NODE_OPTIONS openssl=$OPENSSL_CONF pid=$$"
`,
    )
    chmodSync(file, 0o755)
    return file
  }

  function launch(launcher: string, environment: Record<string, string> = {}, ...rest: string[]): Launched {
    const result = spawnSync(path.join(folder, 'app', launcher), rest, {
      env: { PATH: path.join(folder, 'path'), ...dirty, ...environment },
      encoding: 'utf8',
    })
    pid = result.pid
    return { code: result.status, stdout: result.stdout, stderr: result.stderr }
  }

  const clean = 'lib= path= options= openssl='

  it('become the Node.js on the path, in a clean environment, with all arguments', () => {
    install('path/node', 'v22.22.0')
    const { code, stdout, stderr } = launch('bin/kinloader.sh', {}, '--scheme', 'a b')
    const script = `${folder}/app/bin/app/kinloader.js`
    assert.deepEqual(
      [code, stdout, stderr],
      [
        0,
        `path/node --no-warnings --single-threaded-gc --max-semi-space-size=8 ${script} --scheme a b ${clean} pid=${pid}\n`,
        '',
      ],
    )
  })

  it('take the first which is new enough', () => {
    const own = install('own/node', 'v21.0.0')
    install('splunk/bin/node', 'v8.17.0')
    install('path/node', 'v22.21.9')
    install('local/node', 'v22.22.1')
    install('usr/node', 'v24.0.0')
    const splunk = { SPLUNK_HOME: `${folder}/splunk`, KINLOADER_NODE: own }
    assert.match(launch('bin/kinloader.sh', splunk).stdout, /^local\/node /)
    install('own/node', 'v25.1.0')
    assert.match(launch('bin/kinloader.sh', splunk).stdout, /^own\/node /)
  })

  it("leave the environment of Splunk's own Node.js alone", () => {
    install('splunk/bin/node', 'v24.1.0')
    const { stdout } = launch('bin/kinloader.sh', { SPLUNK_HOME: `${folder}/splunk` })
    assert.match(stdout, /^splunk\/bin\/node .* lib=\/splunk\/lib path=\/n options=--x openssl=\/o pid=/)
  })

  it('hand the settings for OpenSSL to a scheme which has some', () => {
    install('path/node', 'v22.22.0')
    const app = path.join(folder, 'app')
    cpSync(`${app}/bin/kinloader.sh`, `${app}/bin/kinloader_syslog.sh`)
    cpSync(`${app}/linux_x86_64/bin/kinloader`, `${app}/linux_x86_64/bin/kinloader_syslog`)
    const searched = launch('bin/kinloader_syslog.sh', {}, '--scheme').stdout
    assert.ok(searched.includes(` --openssl-config=${app}/bin/kinloader_syslog.cnf ${app}/bin/app/k`), searched)
    install('app/linux_x86_64/bin/node', 'v24.21.0')
    const inside = launch('linux_x86_64/bin/kinloader_syslog', {}, '--scheme').stdout
    assert.match(
      inside,
      /^app\/linux_x86_64\/bin\/node .* --openssl-config=\S+\/bin\/kinloader_syslog\.cnf \S+\.js --scheme /,
    )
  })

  it("leave Splunk's own Node.js with the settings for OpenSSL of Splunk", () => {
    cpSync(path.join(folder, 'app/bin/kinloader.sh'), path.join(folder, 'app/bin/kinloader_syslog.sh'))
    install('splunk/bin/node', 'v24.1.0')
    const { stdout } = launch('bin/kinloader_syslog.sh', { SPLUNK_HOME: `${folder}/splunk` })
    assert.match(stdout, /^splunk\/bin\/node .*kinloader_syslog\.js .* openssl=\/o /)
    assert.doesNotMatch(stdout, /--openssl-config/)
  })

  it('say in one line that there is none, and which are too old', () => {
    const none = launch('bin/kinloader.sh')
    assert.equal(none.code, 1)
    assert.match(none.stderr, /^ERROR kinloader needs Node\.js >= 22\.22 [^\n]*\n$/)
    assert.equal(none.stdout, '')
    install('path/node', 'v20.1.0')
    install('local/node', 'nonsense')
    install('usr/node', '')
    const old = launch('bin/kinloader.sh')
    assert.equal(old.code, 1)
    assert.match(old.stderr, /^ERROR [^\n]* Too old: \S+path\/node is v20\.1\.0; \S+local\/node is nonsense\n$/)
  })

  it('prefer the Node.js inside the app', () => {
    install('app/linux_x86_64/bin/node', 'v24.21.0')
    install('path/node', 'v25.0.0')
    const { code, stdout } = launch('linux_x86_64/bin/kinloader', {}, '--scheme')
    const script = `${folder}/app/linux_x86_64/bin/../../bin/app/kinloader.js`
    assert.deepEqual(
      [code, stdout],
      [
        0,
        `app/linux_x86_64/bin/node --no-warnings --single-threaded-gc --max-semi-space-size=8 ${script} --scheme ${clean} pid=${pid}\n`,
      ],
    )
  })

  it('search when the Node.js inside cannot run, is missing, or another one is wanted', () => {
    const host = install('path/node', 'v25.0.0')
    assert.match(launch('linux_x86_64/bin/kinloader').stdout, /^path\/node /)
    install('app/linux_x86_64/bin/node', '')
    assert.match(launch('linux_x86_64/bin/kinloader', {}, '--scheme').stdout, /^path\/node .*--scheme /)
    install('app/linux_x86_64/bin/node', 'v24.21.0')
    assert.match(launch('linux_x86_64/bin/kinloader', { KINLOADER_NODE: host }).stdout, /^path\/node /)
  })

  it('have line ends which the host understands, and no word that a reviewer of apps objects to', () => {
    for (const file of ['bin/kinloader.sh', 'linux_x86_64/bin/kinloader']) {
      assert.doesNotMatch(readFileSync(path.join(appFolder, file), 'utf8'), /\r|\bkill\b|\brm\b/, file)
    }
    const lines = readFileSync(path.join(appFolder, 'bin/kinloader.cmd'), 'utf8').split('\n')
    assert.ok(lines.slice(0, -1).every((line) => line.endsWith('\r')))
  })
})
