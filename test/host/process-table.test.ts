import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { systemProcesses } from '../../src/host/process-table.ts'

const source = new URL('../../src/host/process-table.ts', import.meta.url).href
const tellingItsName = `import('${source}').then((m) => process.stdout.write(m.systemProcesses().self))`

describe('process table', () => {
  const table = systemProcesses()

  it('knows itself, and others by their pid', () => {
    assert.match(table.self, /^\d+(-\d+-[0-9a-f]+)?$/)
    assert.equal(Number.parseInt(table.self, 10), process.pid)
    assert.equal(table.self, systemProcesses().self)
    assert.ok(table.isAlive(table.self))
  })

  it('takes a process of the same pid and another start for another', () => {
    const [pid, start = '', boot = ''] = table.self.split('-')
    assert.ok(!table.isAlive(`${pid}-${start}1-${boot}`))
    assert.ok(!table.isAlive(`${pid}-${start}-0${boot}`))
    if (platform() === 'linux') assert.ok(!table.isAlive('1-1-00000000'))
  })

  it('sees another process live and die', async () => {
    const child = spawn(process.execPath, ['-e', `${tellingItsName}; process.stdin.resume()`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [name] = (await once(child.stdout.setEncoding('latin1'), 'data')) as [string]
    assert.equal(Number.parseInt(name, 10), child.pid)
    assert.ok(table.isAlive(name))
    child.kill('SIGKILL')
    await once(child, 'close')
    assert.ok(!table.isAlive(name))
  })

  const onLinux = platform() === 'linux' ? it : (): void => {}
  onLinux('takes a process for dead which only waits to be noticed', async () => {
    // The shell becomes `cat`, which looks after no children.
    const parent = spawn('sh', ['-c', `"$0" -e "$1" & exec cat`, process.execPath, tellingItsName], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [name] = (await once(parent.stdout.setEncoding('latin1'), 'data')) as [string]
    const end = performance.now() + 10_000
    while (table.isAlive(name) && performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
    const stat = readFileSync(`/proc/${Number.parseInt(name, 10)}/stat`, 'latin1')
    const alive = table.isAlive(name)
    parent.stdin.end()
    await once(parent, 'close')
    assert.match(stat, /\) Z /)
    assert.ok(!alive)
  })

  it('takes what is no name for nobody', () => {
    for (const name of ['', 'x', '0', '-1', '12x', '99999999999', '2147483647', `${process.pid}`.padStart(11, '0')]) {
      assert.ok(!table.isAlive(name), name)
    }
  })
})
