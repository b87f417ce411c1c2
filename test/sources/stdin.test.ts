import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { systemClock } from '../../src/host/system-clock.ts'
import { StdinInput } from '../../src/sources/stdin.ts'

describe('stdin', () => {
  function input(stdin: PassThrough, signal = new AbortController().signal): StdinInput {
    return new StdinInput({ stdin, clock: systemClock, signal })
  }

  async function all(source: StdinInput): Promise<string> {
    const chunks: Uint8Array[] = []
    for await (const chunk of source.read()) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  it('is read to its end, and stands for success', async () => {
    const stdin = new PassThrough()
    const source = input(stdin)
    const text = all(source)
    stdin.write('one ')
    await new Promise((resolve) => setImmediate(resolve))
    stdin.end('two')
    assert.equal(await text, 'one two')
    assert.equal(await source.exitCode(), 0)
  })

  it('is read after a stop as far as there is something', async () => {
    const stdin = new PassThrough()
    const stop = new AbortController()
    const source = input(stdin, stop.signal)
    const text = all(source)
    stop.abort()
    stdin.write('late ')
    await new Promise((resolve) => setImmediate(resolve))
    stdin.write('later')
    assert.equal(await text, 'late later')
    assert.equal(source.isCut(), false)
  })

  it('is left after a stop when there is more than a pipe can hold', async () => {
    const stdin = new PassThrough()
    const stop = new AbortController()
    stop.abort()
    let bytes = 0
    const more = (): void => {
      while (stdin.write(Buffer.alloc(65_536)));
    }
    stdin.on('drain', more)
    more()
    const source = input(stdin, stop.signal)
    for await (const chunk of source.read()) bytes += chunk.length
    stdin.destroy()
    assert.equal(source.isCut(), true)
    assert(bytes >= 1024 * 1024 && bytes < 2 * 1024 * 1024, `${bytes} bytes`)
  })

  it('ends when it is closed, twice is fine', async () => {
    const source = input(new PassThrough())
    const text = all(source)
    source.close()
    source.close()
    assert.equal(await text, '')
  })

  it('fails in one sentence, after what came before', async () => {
    const stdin = new PassThrough()
    const chunks: string[] = []
    stdin.write('one')
    await assert.rejects(
      async () => {
        for await (const chunk of input(stdin).read()) {
          chunks.push(Buffer.from(chunk).toString())
          stdin.destroy(new Error('read EIO'))
        }
      },
      { code: 'INPUT_FAILED', message: 'Failed to copy log data: read EIO.' },
    )
    assert.deepEqual(chunks, ['one'])
  })
})
