import assert from 'node:assert/strict'
import { Multiline } from '../../../../src/codecs/multiline.ts'
import type { TextInput } from '../../../../src/sources/text-input.ts'
import { copyEvents } from '../../../../src/wiring/commands/log2kinesis/event-copying.ts'
import type { EventOutlet } from '../../../../src/wiring/commands/log2kinesis/event-outlet.ts'

class SlowOutlet implements EventOutlet {
  readonly events: string[] = []
  readonly #waiting: (() => void)[] = []
  isEnded = false

  write(event: Uint8Array): Promise<void> {
    this.events.push(Buffer.from(event).toString())
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  end(): Promise<void> {
    this.isEnded = true
    return Promise.resolve()
  }

  waitingEvents(): number {
    return this.#waiting.length
  }

  /** Lets all who wait go on. */
  async release(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve()
    await turn()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function inputOf(chunks: readonly string[], failure?: Error): TextInput & { asked: number } {
  const input = {
    asked: 0,
    async *read() {
      for (const chunk of chunks) {
        input.asked += 1
        yield Buffer.from(chunk)
      }
      if (failure !== undefined) throw failure
    },
    exitCode: () => Promise.resolve(0),
    isCut: () => false,
    close: () => {},
  }
  return input
}

describe('copying events', () => {
  it('asks for no more while the outlet is full', async () => {
    const input = inputOf(['a\nb\nc', 'd\n', 'e'])
    const outlet = new SlowOutlet()
    const done = copyEvents(input, new Multiline({ mode: 'newline', maxEventBytes: 100 }), outlet)
    await turn()
    assert.deepEqual([input.asked, outlet.events], [1, ['a\n', 'b\n']])
    await outlet.release()
    assert.deepEqual([input.asked, outlet.events.slice(2)], [2, ['cd\n']])
    await outlet.release()
    assert.deepEqual([input.asked, outlet.events.slice(3), outlet.isEnded], [3, ['e\n'], false])
    await outlet.release()
    await done
    assert.equal(outlet.isEnded, true)
  })

  it('lets out what it has when reading fails', async () => {
    const outlet = new SlowOutlet()
    const input = inputOf(['open'], new Error('EIO'))
    const done = copyEvents(input, new Multiline({ mode: 'none', maxEventBytes: 100 }), outlet)
    await turn()
    void outlet.release()
    await assert.rejects(done, { message: 'EIO' })
    assert.deepEqual([outlet.events, outlet.isEnded], [['open\n'], true])
  })
})
