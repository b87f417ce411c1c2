import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { join } from 'node:path'
import type { LogEvent } from '../../../src/core/event.ts'
import type { Sink } from '../../../src/core/sink.ts'
import type { Journal } from '../../../src/sinks/journal/journal.ts'
import { hasSettled, sinkContract } from '../../contracts/sink.ts'
import { messagesOf } from '../../support/messages-of.ts'
import { systemError } from '../../support/recording-files.ts'
import { block, JournalWorld, textsOf, until, write } from './journal-world.ts'

const live = new AbortController().signal

/** The contract speaks of events: each is the one message of a block. */
function asEvents(journal: Journal): Sink<LogEvent> {
  return {
    name: journal.name,
    write: (items, signal) =>
      journal.write(
        items.map(({ message }) => block(message as string)),
        signal,
      ),
    flush: (deadline) => journal.flush(deadline),
    close: (deadline) => journal.close(deadline),
  }
}

sinkContract('journal', async () => {
  const world = await JournalWorld.make()
  const state = { blocked: false }
  const before = (call: string): void => {
    if (state.blocked && /^(write|datasync|open .* wx)/.test(call)) throw systemError('ENOSPC')
  }
  const folder = await world.folder({ files: world.recording({ before }) })
  const journal = world.journal(folder)
  return {
    sink: asEvents(journal),
    arrived: () => world.texts(folder),
    block: () => {
      state.blocked = true
    },
    unblock: () => {
      state.blocked = false
      folder.space.free(0, 0)
    },
    settle: () => journal.flush(live),
    end: () => world.end(),
  }
})

describe('journal', () => {
  let world: JournalWorld
  beforeEach(async () => {
    world = await JournalWorld.make()
  })
  afterEach(() => world.end())

  it('writes what comes in one turn by one call, and what comes meanwhile by the next', async () => {
    const held = new Gate()
    const recorded = world.recording({ hold: (call) => (call.startsWith('write') ? held.open : undefined) })
    const folder = await world.folder({ files: recorded })
    const journal = world.journal(folder, { fsync: 'off' })
    const first = [write(journal, 'a')]
    for (let i = 0; i < 10; i++) await Promise.resolve()
    first.push(write(journal, 'b', 'c'))
    await until(() => writes(recorded.calls).length === 1)
    const second = [write(journal, 'd'), write(journal, 'e')]
    assert.equal(await hasSettled(Promise.race([...first, ...second])), false)
    held.release()
    await Promise.all([...first, ...second])
    assert.deepEqual(shown(writes(recorded.calls)), ['write journal/1 0+136', 'write journal/1 136+126'])
    assert.deepEqual(await world.texts(folder), ['a', 'b', 'c', 'd', 'e'])
    assert.equal(world.counters.get('journal_writes'), 2)
  })

  it('names each message by a GUID of its own, also those of the next process', async () => {
    const ids = new Set<string>()
    for (let process = 0; process < 2; process++) {
      const folder = await world.folder()
      const journal = world.journal(folder)
      await write(journal, 'a', 'b')
      await write(journal, 'c')
      await journal.rotate()
      await journal.close(live)
      await folder.close()
    }
    for (const segment of world.segments) for (const id of (await textsOf(segment)).ids) ids.add(id)
    assert.equal(ids.size, 6)
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-0{11}[0-2]$/)
  })

  it('refuses a block which no frame holds, and goes on', async () => {
    const folder = await world.folder()
    const journal = world.journal(folder)
    const giant = { ...block(), messages: messagesOf([Buffer.alloc(16 * 1024 * 1024)]) }
    await assert.rejects(journal.write([giant], live), { code: 'SPOOL_TOO_LARGE' })
    await write(journal, 'a')
    assert.deepEqual(await world.texts(folder), ['a'])
  })

  describe('fsync', () => {
    it('always: follows the write, and is shared by what came during the one before', async () => {
      const held = new Gate()
      const recorded = world.recording({ hold: (call) => (call.startsWith('datasync') ? held.open : undefined) })
      const journal = world.journal(await world.folder({ files: recorded }), { fsync: 'always' })
      recorded.calls.length = 0
      const a = await write(journal, 'a')
      await until(() => recorded.calls.some((call) => call.startsWith('datasync')))
      // An fsync under way holds up no append.
      const b = await write(journal, 'b')
      const c = await write(journal, 'c')
      assert.equal(await hasSettled(Promise.race([a.safe, b.safe, c.safe])), false)
      held.release()
      await a.safe
      await Promise.all([b.safe, c.safe])
      assert.deepEqual(shown(recorded.calls), [
        'statfs .',
        'open journal/1 wx',
        'write journal/1 0+63',
        'datasync journal/1',
        'write journal/1 63+63',
        'write journal/1 126+63',
        'open journal r',
        'sync journal',
        'close journal',
        'datasync journal/1',
      ])
      assert.equal(world.counters.get('journal_fsyncs'), 2)
    })

    it('interval: comes 500 ms after the first write which needs it, and then again only for others', async () => {
      const recorded = world.recording()
      const journal = world.journal(await world.folder({ files: recorded }))
      const synced = (): number => recorded.calls.filter((call) => call.startsWith('datasync')).length
      const a = await write(journal, 'a')
      await world.clock.advance(400)
      const b = await write(journal, 'b')
      await world.clock.advance(99)
      assert.equal(await hasSettled(Promise.race([a.safe, b.safe])), false)
      await world.clock.advance(1)
      await Promise.all([a.safe, b.safe])
      assert.equal(synced(), 1)
      await world.clock.advance(5000)
      assert.equal(synced(), 1)
      const c = await write(journal, 'c')
      assert.equal(await hasSettled(c.safe), false)
      await world.clock.advance(500)
      await c.safe
      assert.equal(synced(), 2)
    })

    it('interval: comes as soon as ever after a segment was closed under an append', async () => {
      const held = new Gate()
      const recorded = world.recording({ hold: (call) => (call.startsWith('write') ? held.open : undefined) })
      const journal = world.journal(await world.folder({ files: recorded }))
      const first = write(journal, 'a')
      await until(() => writes(recorded.calls).length === 1)
      const rotated = journal.rotate()
      held.release()
      await (await first).safe
      await rotated
      const next = await write(journal, 'b')
      await world.clock.advance(500)
      await next.safe
    })

    it('off: is never called, and receipts are good at once', async () => {
      const recorded = world.recording()
      const journal = world.journal(await world.folder({ files: recorded }), { fsync: 'off' })
      recorded.calls.length = 0
      await (await write(journal, 'a')).safe
      await journal.rotate()
      await journal.close(live)
      assert.equal(world.segments.length, 1)
      assert.deepEqual(
        recorded.calls.filter((call) => call.includes('sync')),
        [],
      )
    })

    it('when it has failed, makes nothing good before all of it lies in another file', async () => {
      const state = { failing: true }
      const before = (call: string): void => {
        if (state.failing && call.startsWith('datasync')) throw systemError('EIO')
      }
      const recorded = world.recording({ before })
      const folder = await world.folder({ files: recorded })
      const journal = world.journal(folder, { fsync: 'always' })
      const a = await write(journal, 'a', 'b')
      await until(() => journal.state() === 'full')
      // The next fsync of the same file would succeed, without what the kernel has forgotten.
      const later = write(journal, 'c')
      await world.clock.advance(3000)
      assert.equal(await hasSettled(Promise.race([a.safe, later])), false)
      state.failing = false
      recorded.calls.length = 0
      await advanceUntil(world, a.safe)
      await (await later).safe
      const calls = shown(recorded.calls)
      const begin = calls.indexOf('readFile journal/1')
      assert.deepEqual(calls.slice(begin, begin + 10), [
        'readFile journal/1',
        'open journal/1 wx',
        'write journal/1 0+73',
        'datasync journal/1',
        'open journal r',
        'sync journal',
        'close journal',
        'close journal/1',
        'unlink journal/1',
        'close journal/1',
      ])
      assert.equal(journal.state(), 'ok')
      assert.equal(world.segments.length, 1)
      assert.deepEqual(await world.texts(folder), ['a', 'b', 'c'])
      assert.deepEqual(world.logger.told('warn', 'info', 'error'), ['warn spool', 'info spool'])
      assert.equal(world.counters.get('spool_full_waits'), 1)
    })

    it('when it has failed and the bytes cannot be read back, says that they are lost', async () => {
      let failed = false
      const before = (call: string): void => {
        if (!failed && call.startsWith('datasync')) {
          failed = true
          throw systemError('EIO')
        }
        if (call.startsWith('readFile')) throw systemError('EIO')
      }
      const journal = world.journal(await world.folder({ files: world.recording({ before }) }), { fsync: 'always' })
      const { safe } = await write(journal, 'a')
      await until(() => journal.state() === 'full')
      await assert.rejects(advanceUntil(world, safe), { code: 'SPOOL_LOST' })
      assert.deepEqual(world.logger.told('error'), ['error spool'])
      await (await write(journal, 'b')).safe
    })
  })

  it('after a failed fsync keeps what can be read back, and says what not', async () => {
    let failed = false
    const held = new Gate()
    const before = (call: string): void => {
      if (failed || !call.startsWith('datasync')) return
      failed = true
      throw systemError('EIO')
    }
    const hold = (call: string): Promise<void> | undefined => (call.startsWith('readFile') ? held.open : undefined)
    const folder = await world.folder({ files: world.recording({ before, hold }) })
    const journal = world.journal(folder)
    const a = await write(journal, 'a')
    const b = await write(journal, 'b')
    await world.clock.advance(500)
    await until(() => journal.state() === 'full')
    const [file = ''] = await files.readdir(folder.journalPath)
    const handle = await files.open(join(folder.journalPath, file), 'r+')
    await handle.write(Buffer.from('X'), 0, 1, 117)
    await handle.close()
    held.release()
    await advanceUntil(world, a.safe)
    await assert.rejects(b.safe, { code: 'SPOOL_LOST' })
    assert.equal(world.logger.find('spool').find(({ level }) => level === 'error')?.fields['lostBytes'], 63)
    await world.handedOn(1)
    // The damaged file stays for the next start.
    assert.equal((await files.readdir(folder.journalPath)).length, 2)
  })

  describe('segments', () => {
    it('are closed when they hold enough, synced and handed on', async () => {
      const recorded = world.recording()
      const folder = await world.folder({ files: recorded })
      const journal = world.journal(folder, { segmentBytes: 10 })
      recorded.calls.length = 0
      await write(journal, '12345')
      const { safe } = await write(journal, '67890')
      await world.handedOn(1)
      await safe
      await write(journal, 'x')
      assert.deepEqual(shown(recorded.calls), [
        'statfs .',
        'open journal/1 wx',
        'write journal/1 0+67',
        'write journal/1 67+67',
        'datasync journal/1',
        'open journal r',
        'sync journal',
        'close journal',
        'close journal/1',
        'open journal/2 wx',
        'write journal/2 0+63',
      ])
      const [segment] = world.segments
      assert.ok(segment !== undefined)
      assert.deepEqual((await textsOf(segment)).texts, ['12345', '67890'])
      await folder.converted(segment, { wholeBytes: segment.bytes, rest: 'nothing' })
      assert.deepEqual(await world.texts(folder), ['x'])
    })

    it('are closed when their oldest message is 60 s old, with traffic or without', async () => {
      const journal = world.journal(await world.folder())
      await write(journal, 'a')
      await world.clock.advance(59_000)
      await write(journal, 'b')
      assert.equal(world.segments.length, 0)
      await world.clock.advance(1000)
      await world.handedOn(1)
      await world.clock.advance(120_000)
      assert.equal(world.segments.length, 1)
    })

    it('of empty messages end as well', async () => {
      const journal = world.journal(await world.folder())
      const empty = { ...block(), messages: messagesOf(new Array<string>(1_000_000).fill(''), '') }
      for (let i = 0; i < 2; i++) await journal.write([empty], live)
      assert.equal(world.segments.length, 0)
      await journal.write([empty], live)
      await world.handedOn(1)
    })

    it('are handed on by rotate, which waits for the append under way', async () => {
      const held = new Gate()
      const recorded = world.recording({ hold: (call) => (call.startsWith('write') ? held.open : undefined) })
      const journal = world.journal(await world.folder({ files: recorded }))
      const written = write(journal, 'a')
      await until(() => writes(recorded.calls).length === 1)
      const rotated = journal.rotate()
      assert.equal(await hasSettled(rotated), false)
      held.release()
      await Promise.all([written, rotated])
      const [segment] = world.segments
      assert.deepEqual(segment && (await textsOf(segment)).texts, ['a'])
      await journal.rotate()
      assert.equal(world.segments.length, 1)
    })

    it('stay for the next start when the journal is closed', async () => {
      const folder = await world.folder()
      const journal = world.journal(folder)
      const { safe } = await write(journal, 'a')
      await journal.close(live)
      await safe
      await folder.close()
      const next = await world.folder()
      assert.deepEqual(next.segments.length, 1)
      assert.deepEqual(await world.texts(next), ['a'])
    })
  })

  describe('trouble', () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']) {
      it(`fault 21: ${code}: writes wait, nothing is torn, and it is told once`, async () => {
        const state = { failing: false }
        const recorded = world.recording({
          before: (call) => {
            if (state.failing && call.startsWith('write')) throw systemError(code)
          },
        })
        const folder = await world.folder({ files: recorded })
        const journal = world.journal(folder)
        await write(journal, 'a')
        state.failing = true
        const b = write(journal, 'b')
        await until(() => journal.state() === 'full')
        await world.clock.advance(5000)
        assert.equal(await hasSettled(b), false)
        const tries = writes(recorded.calls).length - 1
        assert.ok(tries >= 5 && tries <= 7, `tried ${tries} times in 5 s`)
        state.failing = false
        const c = write(journal, 'c')
        await advanceUntil(world, Promise.all([b, c]))
        assert.equal(journal.state(), 'ok')
        await journal.rotate()
        assert.deepEqual(await world.texts(folder), ['a', 'b', 'c'])
        assert.deepEqual(world.logger.told('warn', 'info', 'error'), ['warn spool', 'info spool'])
        assert.equal(world.counters.get('spool_full_waits'), 1)
        // A full disk keeps its file; of a bad one a new place is tried, and the empty ones go.
        const kept = (await files.readdir(folder.journalPath)).length
        assert.equal(kept, code === 'ENOSPC' || code === 'EDQUOT' ? 1 : 2)
      })
    }

    it('a write which stops half way is cut off', async () => {
      let full = true
      const recorded = world.recording({
        taken: (bytes) => (full ? Math.min(bytes, 30) : bytes),
        before: (call) => {
          if (full && /^write .* 30\+/.test(call)) throw systemError('ENOSPC')
        },
      })
      const folder = await world.folder({ files: recorded })
      const journal = world.journal(folder)
      const a = write(journal, 'a')
      await until(() => recorded.calls.some((call) => call.startsWith('truncate')))
      const [file = ''] = await files.readdir(folder.journalPath)
      await until(() => journal.state() === 'full')
      assert.equal((await files.stat(join(folder.journalPath, file))).size, 0)
      full = false
      await advanceUntil(world, a)
      assert.deepEqual(await world.texts(folder), ['a'])
    })

    it('a half write which cannot be cut off ends the segment at its last whole frame', async () => {
      let failing = false
      const recorded = world.recording({
        taken: (bytes) => (failing ? Math.min(bytes, 30) : bytes),
        before: (call) => {
          if (failing && (/^write .* 93\+/.test(call) || call.startsWith('truncate'))) throw systemError('ENOSPC')
        },
      })
      const folder = await world.folder({ files: recorded })
      const journal = world.journal(folder)
      await write(journal, 'a')
      failing = true
      const b = write(journal, 'b')
      await world.handedOn(1)
      failing = false
      await advanceUntil(world, b)
      const [segment] = world.segments
      assert.ok(segment !== undefined)
      assert.equal((await files.stat(segment.path)).size, 93)
      const { texts, end } = await textsOf(segment)
      assert.deepEqual([texts, end], [['a'], { wholeBytes: 63, rest: 'nothing' }])
      assert.deepEqual(await world.texts(folder), ['a', 'b'])
    })

    it('quota: writes wait, and go on as soon as there is a good deal of room', async () => {
      const folder = await world.folder({ maxBytes: 10 * 63 })
      const journal = world.journal(folder, { segmentBytes: 1, fsync: 'off' })
      for (let i = 0; i < 10; i++) await write(journal, 'x')
      const waits = write(journal, 'y')
      await until(() => journal.state() === 'full')
      await world.clock.advance(10_000)
      await world.handedOn(10)
      const [first, second] = world.segments
      assert.ok(first !== undefined && second !== undefined)
      await folder.converted(first, { wholeBytes: 63, rest: 'nothing' })
      // Or it would be full and not full with every record.
      await world.clock.advance(2000)
      assert.equal(await hasSettled(waits), false)
      await folder.converted(second, { wholeBytes: 63, rest: 'nothing' })
      await waits
      assert.equal(journal.state(), 'ok')
      assert.equal(folder.space.usedBytes, 9 * 63)
      assert.equal(world.counters.get('spool_full_waits'), 1)
    })

    it('quota: a segment which fills it alone is closed at once, or nothing would make room', async () => {
      const folder = await world.folder({ maxBytes: 63 })
      const journal = world.journal(folder, { segmentMs: 86_400_000 })
      await write(journal, 'x')
      const waits = write(journal, 'y')
      await world.handedOn(1)
      const [segment] = world.segments
      assert.ok(segment !== undefined)
      await folder.converted(segment, { wholeBytes: 63, rest: 'nothing' })
      await waits
    })

    it('less than 64 MiB left on the disk: waits until there is more', async () => {
      let freeBytes = 64 * 1024 ** 2
      const recorded = world.recording()
      const statfs = (async () => ({ bavail: freeBytes / 4096, bsize: 4096 })) as unknown as typeof files.statfs
      const folder = await world.folder({ files: Object.assign(recorded, { statfs }) })
      const journal = world.journal(folder)
      const waits = write(journal, 'a')
      await until(() => journal.state() === 'full')
      await world.clock.advance(3000)
      assert.equal(await hasSettled(waits), false)
      freeBytes *= 2
      await advanceUntil(world, waits)
    })

    it('an abort leaves the write which is under way to its end', async () => {
      const held = new Gate()
      const recorded = world.recording({ hold: (call) => (call.startsWith('write') ? held.open : undefined) })
      const folder = await world.folder({ files: recorded })
      const journal = world.journal(folder)
      const abort = new AbortController()
      const a = journal.write([block('a')], abort.signal)
      await until(() => writes(recorded.calls).length === 1)
      const b = journal.write([block('b')], abort.signal)
      abort.abort()
      await assert.rejects(b, { code: 'ABORTED' })
      held.release()
      await a
      assert.deepEqual(await world.texts(folder), ['a'])
    })

    it('is given up by an abort, and what stands before is still written', async () => {
      let failing = true
      const before = (call: string): void => {
        if (failing && call.startsWith('write')) throw systemError('ENOSPC')
      }
      const folder = await world.folder({ files: world.recording({ before }) })
      const journal = world.journal(folder)
      const abort = new AbortController()
      const a = write(journal, 'a')
      const b = journal.write([block('b')], abort.signal)
      await until(() => journal.state() === 'full')
      abort.abort()
      await assert.rejects(b, { code: 'ABORTED' })
      await assert.rejects(write(journal, 'c'), { code: 'ABORTED' })
      failing = false
      await advanceUntil(world, a)
      assert.deepEqual(await world.texts(folder), ['a'])
    })
  })
})

/** Lets the retries of each second come until the promise has settled. */
async function advanceUntil<T>(world: JournalWorld, promise: Promise<T>): Promise<T> {
  while (!(await hasSettled(promise))) await world.clock.advance(1000)
  return promise
}

function writes(calls: readonly string[]): readonly string[] {
  return calls.filter((call) => call.startsWith('write'))
}

/** Segments by their numbers. */
function shown(calls: readonly string[]): readonly string[] {
  return calls.map((call) => call.replaceAll(/0*(\d+)-[a-z0-9]{8}\.journal/g, '$1'))
}

class Gate {
  open: Promise<void>
  release: () => void = () => {}

  constructor() {
    this.open = new Promise((resolve) => {
      this.release = resolve
    })
  }
}
