import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, open, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Writable } from 'node:stream'
import { parseStringPromise } from 'xml2js'
import { SplunkXmlEncoder } from '../../../src/codecs/splunk-xml.ts'
import type { LogEvent } from '../../../src/core/event.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { SplunkPipeSink } from '../../../src/sinks/splunk-pipe/sink.ts'
import { hasSettled } from '../../contracts/sink.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import type { ReadAll } from './reader-child.ts'

const live = new AbortController().signal
const readerPath = new URL('reader-child.ts', import.meta.url).pathname

/** A reader in a process of its own, and our end of the pipe to it. */
interface Pipe {
  readonly output: Writable
  readonly reader: ChildProcess
}

/** As `spawn` makes it: a pair of sockets, with room for more than a pipe. */
async function socketPair(): Promise<Pipe> {
  const reader = spawn(process.execPath, [readerPath], { stdio: ['pipe', 'ignore', 'inherit', 'ipc'] })
  assert.ok(reader.stdin)
  await once(reader, 'message')
  return { output: reader.stdin, reader }
}

/** As splunkd makes it: a pipe of the kernel, 64 KiB. */
async function kernelPipe(folder: string): Promise<Pipe> {
  const path = join(folder, 'fifo')
  execFileSync('mkfifo', [path])
  const reader = spawn(process.execPath, [readerPath, path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [fd] = await Promise.all([promisify(open)(path, 'w'), once(reader, 'message')])
  const output = new Socket({ fd, readable: false, writable: true })
  return { output, reader }
}

for (const kind of ['socket pair', 'kernel pipe'] as const) {
  describe(`splunk-pipe through a ${kind}`, () => {
    let folder: string
    let pipe: Pipe
    let clock: VirtualClock
    let counters: Counters
    let sink: SplunkPipeSink

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kinloader-pipe-'))
      pipe = kind === 'socket pair' ? await socketPair() : await kernelPipe(folder)
      clock = new VirtualClock()
      counters = new Counters()
      const encoder = new SplunkXmlEncoder({ counters })
      sink = new SplunkPipeSink({ output: pipe.output, encoder, clock, counters })
    })

    afterEach(async () => {
      pipe.output.destroy()
      if (pipe.reader.exitCode === null && pipe.reader.signalCode === null) {
        pipe.reader.kill('SIGKILL')
        await once(pipe.reader, 'exit')
      }
      rmSync(folder, { recursive: true })
    })

    function startReading(): Promise<string> {
      const all = once(pipe.reader, 'message').then(([message]) => (message as ReadAll).text)
      pipe.reader.send('read')
      return all
    }

    it('delivers every byte to a reader that was late', async () => {
      const batches = Array.from({ length: 40 }, (_, batch) =>
        Array.from({ length: 500 }, (__, number): LogEvent => ({ message: `${batch}/${number} ${'x'.repeat(250)}` })),
      )
      const writes = batches.map((batch) => sink.write(batch, live))
      const last = writes.at(-1)
      assert.ok(last !== undefined && !(await hasSettled(last)), 'the pipe took 5 MB without a reader')
      assert.ok(pipe.output.writableLength <= 300_000, `${pipe.output.writableLength} bytes in the stream's own buffer`)
      const read = startReading()
      await Promise.all(writes)
      await sink.close(live)
      pipe.output.end()
      const { stream } = (await parseStringPromise(await read)) as { stream: { event: { data: string[] }[] } }
      assert.deepEqual(
        stream.event.map(({ data }) => data[0]),
        batches.flat().map(({ message }) => message),
      )
    })

    it('ends with OUTPUT_CLOSED when the reader is killed', async () => {
      const { safe } = await sink.write([{ message: 'x'.repeat(40_000) }], live)
      const writes = Array.from({ length: 20 }, () => sink.write([{ message: 'x'.repeat(100_000) }], live))
      for (const write of writes) write.catch(() => undefined)
      pipe.reader.kill('SIGKILL')
      await assert.rejects(safe, { code: 'OUTPUT_CLOSED' })
      await assert.rejects(sink.write([{ message: 'y' }], live), { code: 'OUTPUT_CLOSED' })
      await sink.close(live)
    })

    it('closes by its deadline with nobody reading', async () => {
      await sink.write([{ message: 'x'.repeat(40_000) }], live)
      const blocked = sink.write([{ message: 'x'.repeat(2_000_000) }, { message: 'y' }], live)
      const behind = sink.write([{ message: 'z' }], live)
      for (const write of [blocked, behind]) write.catch(() => undefined)
      const deadline = new AbortController()
      const closed = sink.close(deadline.signal)
      assert.equal(await hasSettled(closed), false)
      deadline.abort()
      await closed
      await assert.rejects(behind, { code: 'NOT_SETTLED' })
    })

    if (kind === 'kernel pipe') {
      it('settles nothing that lies unread in the pipe, however long, and all of it once it was read', async () => {
        const { safe } = await sink.write([{ message: 'x'.repeat(40_000) }], live)
        await clock.advance(3_600_000)
        assert.equal(await hasSettled(safe), false)
        assert.ok(counters.get('bytes') > 40_000, 'the kernel has the event')
        assert.equal(counters.get('filler_bytes'), 65_536)
        const read = startReading()
        await safe
        await sink.close(live)
        pipe.output.end()
        assert.equal((await read).match(/<event>/g)?.length, 1)
      })
    }
  })
}
