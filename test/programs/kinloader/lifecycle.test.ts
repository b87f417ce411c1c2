import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { askInput, type Exit, type RunningInput } from '../../fakes/splunkd/input-process.ts'
import { bundledInput } from '../../support/bundled-input.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { NumberedEvents } from '../../support/input-numbers.ts'
import { InputWorld } from '../../support/input-world.ts'

const shardId = 'shardId-000000000000'

describe('the life of the input', () => {
  let world: InputWorld
  let events: NumberedEvents
  let failures: Failures

  before(async () => {
    failures = await Failures.start()
  })

  after(() => failures.close())

  beforeEach(async () => {
    world = await InputWorld.start()
    events = new NumberedEvents(world.engine)
    events.beginRun()
  })

  afterEach(async () => {
    await world.close()
    assertLog(world.runs)
  })

  /** Ends it with a signal: exit code 0 within 2 s. */
  async function ends(input: RunningInput, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    const startedMs = performance.now()
    process.kill(input.pid, signal)
    const exit = await input.exit
    assert.deepEqual([exit.code, exit.signal], [0, null])
    assert.ok(performance.now() - startedMs < 2000, `ended after ${performance.now() - startedMs} ms`)
    return exit
  }

  /** An input which has more to write than pipe and queue hold, and nobody reads. */
  async function blocked(): Promise<RunningInput> {
    for (let i = 0; i < 50; i += 1) events.putRecord(shardId, 100)
    const input = world.run({ paused: true, onEvent: events.take })
    await world.called('GetRecords', 2)
    await sleep(200)
    return input
  }

  async function closes(input: RunningInput): Promise<void> {
    await input.drained
    assert.equal(input.streamClosed, true)
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends at ${signal} when it is idle`, async () => {
      const input = world.run()
      await world.called('GetRecords')
      await ends(input, signal)
      await closes(input)
    })
  }

  it('ends at SIGTERM under load, and all it began to write is whole', async () => {
    const input = world.run({ onEvent: events.take })
    const pouring = setInterval(() => {
      for (let i = 0; i < 5; i += 1) events.putRecord(shardId, 100)
    }, 10)
    try {
      await input.received(5000)
      await ends(input)
    } finally {
      clearInterval(pouring)
    }
    await closes(input)
    assert.deepEqual(events.faults, [])
  })

  it('ends at SIGTERM while nobody reads the pipe', async () => {
    const input = await blocked()
    await ends(input)
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
  })

  it('ends at once at a second SIGTERM', async () => {
    const input = await blocked()
    process.kill(input.pid, 'SIGTERM')
    await sleep(100)
    const startedMs = performance.now()
    process.kill(input.pid, 'SIGTERM')
    assert.equal((await input.exit).code, 143)
    assert.ok(performance.now() - startedMs < 500)
  })

  it('ends at SIGTERM before Kinesis has answered anything', async () => {
    world.engine.faults.inject({ operation: '*', times: Infinity, fault: { kind: 'hang' } })
    const input = world.run()
    await world.called('DescribeStreamSummary')
    await ends(input)
    await closes(input)
  })

  it('ends at SIGTERM while Kinesis answers no more', async () => {
    events.putRecord(shardId, 10)
    const input = world.run({ onEvent: events.take })
    await input.received(10)
    world.engine.faults.inject({ operation: '*', times: Infinity, fault: { kind: 'hang' } })
    await world.called('GetRecords', world.engine.calls.count('GetRecords') + 1)
    await ends(input)
    await closes(input)
  })

  it('ends at SIGTERM when Kinesis is gone', async () => {
    events.putRecord(shardId, 10)
    const input = world.run({ onEvent: events.take })
    await input.received(10)
    await world.door.close()
    await sleep(500)
    await ends(input)
    await input.drained
    assert.equal(input.streamClosed, true)
  })

  it('ends quietly when the reader of the pipe is gone', async () => {
    const input = world.run()
    const pouring = setInterval(() => {
      events.putRecord(shardId, 100)
    }, 20)
    try {
      await input.received(100)
      input.abandon()
      const startedMs = performance.now()
      assert.deepEqual(await input.exit, { code: 0, signal: null, forced: false })
      assert.ok(performance.now() - startedMs < 2000)
    } finally {
      clearInterval(pouring)
    }
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
  })

  it('ends by itself when its parent is gone', async () => {
    const { command, args } = await bundledInput()
    const parent =
      `const child = require('node:child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' });` +
      'console.error(`INFO at=child pid=${child.pid}`); setInterval(() => {}, 1000)'
    const input = world.run({ command: { command: process.execPath, args: ['-e', parent, '--', command, ...args] } })
    const pid = Number(/\d+/.exec(await input.logged(/at=child/))?.[0])
    try {
      await world.called('GetRecords')
      const startedMs = performance.now()
      await input.kill()
      // The pipe ends when nobody holds its writing end any more.
      await closes(input)
      assert.ok(performance.now() - startedMs < 3000, `ended after ${performance.now() - startedMs} ms`)
    } finally {
      endOrphan(pid)
    }
  })

  it('has nothing to do without a stanza', async () => {
    const inputXml = world.document().replace(/<configuration>.*<\/configuration>/s, '<configuration/>')
    const input = world.run({ inputXml })
    assert.deepEqual(await input.exit, { code: 0, signal: null, forced: false })
    await input.drained
    assert.deepEqual([input.bytesRead, input.stderr], [0, []])
  })

  it('answers arguments it does not know with one line', async () => {
    const { command, args } = await bundledInput()
    const outcomes = await Promise.all(
      [['--what'], ['--scheme', 'more'], ['']].map((more) => askInput({ command, args: [...args, ...more] })),
    )
    for (const { code, stdout, stderr } of outcomes) {
      assert.deepEqual([code, stdout, stderr.length], [1, '', 1])
      assert.match(stderr[0] ?? '', /^ERROR at=/)
    }
  })

  it('lets SIGTERM end the back-off of a fatal error', async () => {
    const input = world.run({ params: { stream: 'no stream' } })
    await input.logged(/^ERROR at=/)
    const startedMs = performance.now()
    const { code, forced } = await input.terminate()
    assert.deepEqual([code, forced], [1, false])
    assert.ok(performance.now() - startedMs < 1000)
  })

  it('backs off before it ends with a fatal error, so that splunkd starts it in no loop', async () => {
    for (const { what, input, ended } of failures.runs) {
      const { code, tookMs } = await ended
      assert.equal(code, 1, what)
      assert.ok(tookMs > 4500 && tookMs < 8000, `${what}: ended after ${tookMs} ms`)
      assert.deepEqual([linesOf(input, 'ERROR').length, input.stderr.length, input.bytesRead], [1, 1, 0], what)
      assertLog([input])
    }
  })
})

/** Whoever was not ended by us would be left behind by a test which fails. */
function endOrphan(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended, as it should.
  }
}

interface Failure {
  readonly what: string
  readonly input: RunningInput
  readonly ended: Promise<{ readonly code: number | null; readonly tookMs: number }>
}

/** Inputs which cannot run, started early: their back-off takes longer than most tests. */
class Failures {
  readonly runs: readonly Failure[]
  readonly #world: InputWorld

  private constructor(world: InputWorld) {
    const document = world.document()
    const start = (what: string, input: RunningInput): Failure => {
      const startedMs = performance.now()
      const ended = input.exit.then(({ code }) => ({ code, tookMs: performance.now() - startedMs }))
      return { what, input, ended }
    }
    this.#world = world
    this.runs = [
      start('a bad setting', world.run({ params: { checkpoint_interval: 'soon' } })),
      start('no document', world.run({ inputXml: '' })),
      start('half a document', world.run({ inputXml: document.slice(0, document.length / 2) })),
    ]
  }

  static async start(): Promise<Failures> {
    return new Failures(await InputWorld.start())
  }

  close(): Promise<void> {
    return this.#world.close()
  }
}
