import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import * as files from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { systemClock } from '../../src/host/system-clock.ts'
import { RecordFiles } from '../../src/sinks/firehose/record-files.ts'
import { writeRecords } from '../../src/sinks/firehose/write-records.ts'
import type { ClosedSegment } from '../../src/sinks/journal/read-segment.ts'
import { JournalWorld, textsOf, until, write } from '../sinks/journal/journal-world.ts'

const run = promisify(execFile)
const live = new AbortController().signal

/** A disk which is really full: a file system in memory, which only root may mount. */
describe('spool on a disk of 2 MiB', () => {
  let world: JournalWorld
  beforeEach(async () => {
    world = await JournalWorld.make()
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', world.spoolDir])
  })
  afterEach(async () => {
    await world.stop()
    await run('umount', [world.spoolDir])
    await world.end()
  })

  const open = (): ReturnType<JournalWorld['folder']> => world.folder({ clock: systemClock, files, minFreeBytes: 0 })

  it('fault 21: full by itself, takes writes again as records leave, and loses none', async () => {
    const folder = await open()
    const records = new RecordFiles({ folder, clock: systemClock, logger: world.logger })
    const journal = world.journal(folder, { clock: systemClock, segmentBytes: 300_000, fsyncIntervalMs: 20 })
    const accepted: string[] = []
    const state = { isDone: false }
    const writing = (async () => {
      for (let i = 0; i < 6000; i++) {
        const text = `${i} ${'x'.repeat(1000)}`
        await write(journal, text)
        accepted.push(text)
      }
      state.isDone = true
    })()
    const found: string[] = []
    while (!state.isDone || found.length < accepted.length) {
      while (!state.isDone && journal.state() === 'ok') await sleep(5)
      await journal.rotate()
      for (const segment of world.segments.splice(0)) {
        found.push(...(await textsOf(segment)).texts)
        await deliver(segment)
      }
    }
    await writing
    assert.deepEqual(found, accepted)
    assert.ok(world.counters.get('spool_full_waits') >= 1)
    assert.equal(folder.space.usedBytes, 0)

    /** As if Firehose took it at once; on the full disk there is room for one small record, for a segment goes first. */
    async function deliver(segment: ClosedSegment): Promise<void> {
      await folder.converted(segment, { wholeBytes: segment.bytes, rest: 'nothing' })
      const target = { folder: folder.recordsPath, segment: segment.file, isSynced: true }
      await records.added(await writeRecords(target, [Buffer.from('small')]), { rest: 'nothing' })
      for (const record of records.take({ maxRecords: 500, maxEncodedBytes: 1e6 })) await records.remove(record)
    }
  })

  it('fault 21: filled by somebody else, then freed: the write which waited is taken within seconds', async () => {
    const folder = await open()
    const journal = world.journal(folder, { clock: systemClock, fsync: 'always' })
    await (await write(journal, 'before')).safe
    const filler = join(world.spoolDir, 'filler')
    await assert.rejects(files.writeFile(filler, Buffer.alloc(3 * 1024 * 1024)), { code: 'ENOSPC' })
    const large = 'y'.repeat(20_000)
    const waits = write(journal, large)
    await until(() => journal.state() === 'full')
    // Nothing half-written stays behind what was there.
    assert.deepEqual(await world.texts(folder), ['before'])
    await files.unlink(filler)
    await (await waits).safe
    assert.equal(journal.state(), 'ok')
    assert.deepEqual(await world.texts(folder), ['before', large])
    assert.deepEqual(world.logger.told('warn', 'info', 'error'), ['warn spool', 'info spool'])
    await journal.close(live)
  })

  it('less free than is to be left: nothing is written', async () => {
    const folder = await world.folder({ clock: systemClock, files })
    const journal = world.journal(folder, { clock: systemClock })
    const waits = write(journal, 'x')
    waits.catch(() => undefined)
    await until(() => journal.state() === 'full')
    assert.deepEqual(await files.readdir(folder.journalPath), [])
    await journal.close(AbortSignal.abort())
    await assert.rejects(waits, { code: 'CLOSED' })
  })
})
