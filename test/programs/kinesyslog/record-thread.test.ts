import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RelayWorld } from '../../support/relay-world.ts'

/** Loaded into the thread which makes records, before its own code: a part of a program does not fail by itself. */
const preludes = {
  dying: 'process.exit(0)',
  blocked: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
} as const

describe('kinesyslog, whose thread for records', function () {
  this.timeout(30_000)
  let world: RelayWorld

  beforeEach(async () => {
    world = await RelayWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  function environmentWith(prelude: string): Record<string, string> {
    const file = join(world.folder, 'prelude.mjs')
    writeFileSync(
      file,
      `import { isMainThread, parentPort } from 'node:worker_threads'
       if (!isMainThread) parentPort.once('message', () => { ${prelude} })`,
    )
    return { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` }
  }

  async function assertAllComes(sent: readonly string[]): Promise<void> {
    const { code, stderr } = await world.stop(await world.listening(['--tcp-port=514']))
    assert.equal(code, 0, stderr)
    assert.deepEqual([...world.messages()].sort(), [...sent].sort())
  }

  it('fault 25: dies ends with 1 and one sentence, with everything taken on the disk', async () => {
    const running = await world.listening(['--tcp-port=514'], 1, environmentWith(preludes.dying))
    assert.equal(await world.send(514, '<13>a\n<13>b\n'), 'orderly')
    const { code, stderr } = await running.end
    assert.equal(code, 1)
    assert.match(stderr, /^kinesyslog listen: The thread which makes records has died; .*\.$/m)
    assert.doesNotMatch(stderr, /^\s+at /m)
    assert.deepEqual(world.messages(), [])
    await assertAllComes(['<13>a', '<13>b'])
  })

  it('fault 11: is busy for ever receives all the same', async () => {
    const running = await world.listening(['--tcp-port=514', '--fsync=always'], 1, environmentWith(preludes.blocked))
    const sent = Array.from({ length: 20 }, (_, i) => `<13>message ${i}`)
    // Records are made from the first message on; the others find the thread blocked.
    for (const message of sent) assert.equal(await world.send(514, `${message}\n`), 'orderly')
    await running.kill('SIGKILL')
    await assertAllComes(sent)
  })
})
