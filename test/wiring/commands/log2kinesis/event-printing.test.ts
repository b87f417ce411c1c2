import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { Writable } from 'node:stream'
import { EventPrinting } from '../../../../src/wiring/commands/log2kinesis/event-printing.ts'

/** Stdout which takes nothing before it is told to. */
class StuckStdout extends Writable {
  text = ''
  readonly #waiting: ((error?: Error) => void)[] = []

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString()
    this.#waiting.push(done)
  }

  async takeAll(error?: Error): Promise<void> {
    while (this.#waiting.length > 0) {
      for (const done of this.#waiting.splice(0)) done(error)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

describe('printing events', () => {
  const stop = new AbortController()
  let stdout: StuckStdout
  let printing: EventPrinting

  beforeEach(() => {
    stdout = new StuckStdout()
    stdout.on('error', () => {})
    printing = new EventPrinting(stdout, stop.signal)
  })

  it('costs an event the same however many wait with it', async () => {
    const before = getEventListeners(stop.signal, 'abort').length
    const writes = Array.from({ length: 1000 }, (_, i) => printing.write(Buffer.from(`${i}\n`)))
    // Each listener is compared with all others when it is added.
    assert.equal(getEventListeners(stop.signal, 'abort').length, before)
    await stdout.takeAll()
    await Promise.all(writes)
    assert.match(stdout.text, /--- event 1000: 1 line, 4 bytes\n\|999\n$/)
  })

  it('tells what stdout says, but not that its reader has gone', async () => {
    for (const [code, outcome] of [
      ['EIO', 'Failed to print: a bad disk.'],
      ['EPIPE', undefined],
    ] as const) {
      stdout = new StuckStdout()
      stdout.on('error', () => {})
      printing = new EventPrinting(stdout, stop.signal)
      const write = printing.write(Buffer.from('x\n'))
      await stdout.takeAll(Object.assign(new Error('a bad disk'), { code }))
      await write
      const message = await printing.end().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : ''),
      )
      assert.equal(message, outcome)
    }
  })

  it('waits for nobody who does not read, once it shall stop', async () => {
    const stopped = new AbortController()
    printing = new EventPrinting(stdout, stopped.signal)
    const write = printing.write(Buffer.from('x\n'))
    stopped.abort()
    await write
    await printing.write(Buffer.from('y\n'))
    await printing.end()
  })
})
