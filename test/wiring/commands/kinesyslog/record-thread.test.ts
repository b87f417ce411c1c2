import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { garbageCollector } from '../../../../src/host/garbage-collection.ts'
import { RecordThread } from '../../../../src/wiring/commands/kinesyslog/record-thread.ts'

const settings = { recordsPath: '/', groupPrefix: '', timeZone: 'UTC', packs: false, isSynced: false }
const request = { segment: { file: 'a', path: '/a', bytes: 0, isLeftover: false }, owner: '1' }

describe('the thread which makes records', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kinloader-thread-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function thread(body: string): RecordThread {
    const file = join(folder, 'thread.mjs')
    writeFileSync(file, `import { parentPort } from 'node:worker_threads'\n${body}`)
    return new RecordThread(file, settings)
  }

  const begin = 'parentPort.postMessage({ begun: true })'
  const deaths = {
    'by an error': `parentPort.on('message', () => { ${begin}; throw new Error('broken') })`,
    'by its own end': `parentPort.on('message', () => { ${begin}; process.exit(0) })`,
  }
  for (const [how, body] of Object.entries(deaths)) {
    it(`fault 25: which died ${how} fails whoever waits for it, now and later`, async () => {
      const it = thread(body)
      await assert.rejects(it.make(request), { code: 'WORKER' })
      await assert.rejects(it.died, { code: 'WORKER' })
      await assert.rejects(it.make(request), { code: 'WORKER_START' })
      await it.close()
    })
  }

  const innocent = {
    'at its start': "throw new Error('no such module')",
    'before it began': "parentPort.on('message', () => { throw new Error('no such module') })",
  }
  for (const [when, body] of Object.entries(innocent)) {
    it(`fault 25: which died ${when} says that it was over no segment, and why`, async () => {
      const it = thread(body)
      const said = { code: 'WORKER_START', message: /has died; .*\(no such module\)/ }
      await assert.rejects(it.make(request), said)
      await assert.rejects(it.died, said)
      await assert.rejects(it.make(request), said)
      await it.close()
    })
  }

  it('fault 25: which died after its answer is not to be had for the next', async () => {
    const it = thread(`parentPort.on('message', () => {
      ${begin}
      parentPort.postMessage({ made: {} })
      setImmediate(() => process.exit(0))
    })`)
    await it.make(request)
    await assert.rejects(it.died, { code: 'WORKER_START' })
    await assert.rejects(it.make(request), { code: 'WORKER_START' })
    await it.close()
  })

  it('tells what failed in it, and lives on', async () => {
    const it = thread(
      "parentPort.on('message', () => parentPort.postMessage({ failure: { code: 'ENOSPC', message: 'full' } }))",
    )
    await assert.rejects(it.make(request), { code: 'ENOSPC', message: 'full' })
    await assert.rejects(it.make(request), { code: 'ENOSPC' })
    await it.close()
  })

  it('keeps no answer which was taken', async () => {
    const collect = garbageCollector()
    const it = thread("parentPort.on('message', () => parentPort.postMessage({ made: {} }))")
    const answers: WeakRef<object>[] = []
    for (let i = 0; i < 100; i += 1) answers.push(new WeakRef(await it.make(request)))
    // A WeakRef keeps what it refers to until the end of the turn in which it was made.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    // The last one may still be in a register or on the stack.
    assert.ok(answers.filter((answer) => answer.deref() !== undefined).length <= 1)
    await it.close()
  })

  it('does not count as dead when it was closed', async () => {
    const it = thread("parentPort.on('message', () => undefined)")
    await it.close()
    assert.equal(await Promise.race([it.died, new Promise((resolve) => setImmediate(resolve, 'alive'))]), 'alive')
  })
})
