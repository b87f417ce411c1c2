import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogEvent } from '../../../src/core/event.ts'
import { KinloaderError } from '../../../src/core/errors.ts'
import { Counters } from '../../../src/core/metrics.ts'
import type { Sink } from '../../../src/core/sink.ts'
import { DiskFile } from '../../../src/sinks/file/disk-file.ts'
import type { Outlet } from '../../../src/sinks/file/outlet.ts'
import { FileSink } from '../../../src/sinks/file/sink.ts'
import { StreamOutlet } from '../../../src/sinks/file/stream-outlet.ts'
import { hasSettled, sinkContract } from '../../contracts/sink.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { FakePipe } from '../splunk-pipe/fake-pipe.ts'

const live = new AbortController().signal

/** The contract speaks of events: each is its message and a line feed. */
function asLines(sink: FileSink): Sink<LogEvent> {
  return {
    name: sink.name,
    write: (items, signal) =>
      sink.write(
        items.map(({ message }) => Buffer.from(`${message as string}\n`)),
        signal,
      ),
    flush: (deadline) => sink.flush(deadline),
    close: (deadline) => sink.close(deadline),
  }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

sinkContract('file sink on a stream', async () => {
  const pipe = new FakePipe()
  const outlet = new StreamOutlet(pipe, 'standard output')
  // What a stream has taken is safe at once; the contract wants to say when.
  const sink = new FileSink({ outlet, clock: new VirtualClock(), counters: new Counters(), syncIntervalMs: 1000 })
  return {
    sink: asLines(sink),
    arrived: async () => linesOf(pipe.text()),
    block: () => {
      pipe.block()
    },
    unblock: () => {
      pipe.unblock()
    },
    settle: () => sink.flush(live),
    end: async () => {},
  }
})

/** A real file with a gate before it. */
class GatedFile implements Outlet {
  readonly name = 'gated'
  readonly #file: DiskFile
  #open: Promise<void> = Promise.resolve()
  #unblock: () => void = () => {}

  constructor(file: DiskFile) {
    this.#file = file
  }

  block(): void {
    this.#open = new Promise((resolve) => {
      this.#unblock = resolve
    })
  }

  unblock(): void {
    this.#unblock()
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#open
    await this.#file.write(bytes)
  }

  async sync(): Promise<void> {
    await this.#open
    await this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

sinkContract('file sink on a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kinloader-file-'))
  const path = join(folder, 'out')
  const file = new GatedFile(await DiskFile.open(path))
  const sink = new FileSink({ outlet: file, clock: new VirtualClock(), counters: new Counters() })
  return {
    sink: asLines(sink),
    arrived: async () => linesOf(readFileSync(path, 'utf8')),
    block: () => {
      file.block()
    },
    unblock: () => {
      file.unblock()
    },
    settle: () => sink.flush(live),
    end: async () => {
      rmSync(folder, { recursive: true })
    },
  }
})

describe('file sink', () => {
  /** Keeps what it gets; what `broken` says is thrown by the next call. */
  class MemoryOutlet implements Outlet {
    readonly name = 'memory'
    readonly calls: string[] = []
    broken: Error | undefined

    async write(bytes: Uint8Array): Promise<void> {
      if (this.broken !== undefined) throw this.broken
      this.calls.push(`write ${bytes.length}`)
    }

    async sync(): Promise<void> {
      if (this.broken !== undefined) throw this.broken
      this.calls.push('sync')
    }

    async close(): Promise<void> {
      this.calls.push('close')
    }
  }

  let outlet: MemoryOutlet
  let clock: VirtualClock
  let sink: FileSink

  beforeEach(() => {
    outlet = new MemoryOutlet()
    clock = new VirtualClock()
    sink = new FileSink({ outlet, clock, counters: new Counters() })
  })

  afterEach(() => sink.close(AbortSignal.abort()))

  it('makes nothing safe before a sync, which comes once an interval', async () => {
    const first = await sink.write([Buffer.from('a')], live)
    await clock.advance(1000)
    await first.safe
    assert.deepEqual(outlet.calls, ['write 1', 'sync'])
    const second = await sink.write([Buffer.from('bc')], live)
    await clock.advance(999)
    assert.equal(await hasSettled(second.safe), false)
    assert.equal(sink.safeBytes, 1)
    assert.equal(sink.isSafe, false)
    const third = await sink.write([Buffer.from('d')], live)
    await clock.advance(1)
    await Promise.all([second.safe, third.safe])
    assert.deepEqual(outlet.calls, ['write 1', 'sync', 'write 2', 'write 1', 'sync'])
    assert.equal(sink.safeBytes, 4)
    assert.equal(sink.isSafe, true)
  })

  it('syncs at once when it is flushed or closed', async () => {
    const second = await sink.write([Buffer.from('b')], live)
    await sink.flush(live)
    await second.safe
    const third = await sink.write([Buffer.from('c')], live)
    await sink.close(live)
    await third.safe
    assert.deepEqual(outlet.calls.slice(-3), ['write 1', 'sync', 'close'])
  })

  it('writes small pieces together and never cuts one', async () => {
    const pieces = [100, 200, 300_000, 300_000, 50].map((length) => Buffer.alloc(length))
    await sink.write(pieces, live)
    await sink.flush(live)
    assert.deepEqual(outlet.calls, ['write 300', 'write 300000', 'write 300000', 'write 50', 'sync'])
  })

  it('begins slowly when told, and then writes as much as there is', async () => {
    sink = new FileSink({ outlet, clock, counters: new Counters(), syncIntervalMs: 0, slowStart: true })
    const startMs = clock.monotonic()
    await sink.write(
      Array.from({ length: 3000 }, () => Buffer.alloc(10)),
      live,
    )
    await clock.runUntil(sink.flush(live))
    const writes = outlet.calls.filter((call) => call !== 'sync')
    const expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((pieces) => `write ${pieces * 10}`)
    assert.deepEqual(writes, [...expected, `write ${(3000 - 1023) * 10}`])
    assert.equal(clock.monotonic() - startMs, 250)
  })

  for (const when of ['write', 'sync'] as const) {
    it(`acknowledges nothing after a ${when} which failed, and takes nothing more`, async () => {
      const first = await sink.write([Buffer.from('a')], live)
      await sink.flush(live)
      await first.safe
      const failure = new KinloaderError('OUTPUT_UNWRITABLE', 'Failed to write memory: the disk is full (ENOSPC).')
      if (when === 'write') outlet.broken = failure
      const { safe } = await sink.write([Buffer.from('b')], live)
      if (when === 'sync') {
        await hasSettled(safe)
        outlet.broken = failure
        await clock.advance(1000)
      }
      await assert.rejects(safe, failure)
      await assert.rejects(sink.write([Buffer.from('c')], live), failure)
      await sink.flush(live)
      assert.equal(sink.failure, failure)
      assert.equal(sink.safeBytes, 1)
      assert.equal(sink.isSafe, false)
    })
  }
})
