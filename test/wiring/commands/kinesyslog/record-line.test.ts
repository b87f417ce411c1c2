import assert from 'node:assert/strict'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecordFiles } from '../../../../src/sinks/firehose/record-files.ts'
import type { ClosedSegment } from '../../../../src/sinks/journal/read-segment.ts'
import { parseSegmentFile, recordFile } from '../../../../src/sinks/journal/segment-name.ts'
import type { SpoolFolder } from '../../../../src/sinks/journal/spool-folder.ts'
import { RecordLine } from '../../../../src/wiring/commands/kinesyslog/record-line.ts'
import { RecordThread } from '../../../../src/wiring/commands/kinesyslog/record-thread.ts'
import { JournalWorld, until, write } from '../../../sinks/journal/journal-world.ts'
import { systemError } from '../../../support/recording-files.ts'

/** Hangs as a thread does which never returns, until there is a file `answer` beside its own. */
const answersWhenAsked = `
  import { existsSync } from 'node:fs'
  parentPort.once('message', () => {
    const never = new Int32Array(new SharedArrayBuffer(4))
    while (!existsSync(new URL('answer', import.meta.url))) Atomics.wait(never, 0, 0, 5)
  })`

describe('the line of segments to be made into records', () => {
  let world: JournalWorld
  let over: AbortController
  let thread: RecordThread | undefined

  beforeEach(async () => {
    world = await JournalWorld.make()
    over = new AbortController()
  })

  afterEach(async () => {
    over.abort()
    await thread?.close()
    await world.end()
  })

  /** `fails`: what the thread says of the first segment of a run, an expression of `tries`; undefined is a success. */
  function lineOf(
    folder: SpoolFolder,
    fails: string,
    atStart = '',
  ): { readonly line: RecordLine; readonly records: RecordFiles } {
    const { clock, logger, counters } = world
    const file = join(world.spoolDir, 'thread.mjs')
    writeFileSync(
      file,
      `import { parentPort } from 'node:worker_threads'
       ${atStart}
       let first
       let tries = 0
       parentPort.on('message', ({ segment }) => {
         parentPort.postMessage({ begun: true })
         first ??= segment.file
         const failure = segment.file === first ? (tries++, ${fails}) : undefined
         const made = { records: { segment: segment.file, bytes: [] }, unfit: [], counted: { made: 1 } }
         const end = { wholeBytes: segment.bytes, rest: 'nothing' }
         parentPort.postMessage(failure ? { failure } : { made: { ...made, end } })
       })`,
    )
    const { recordsPath } = folder
    thread = new RecordThread(file, { recordsPath, groupPrefix: '', timeZone: 'UTC', packs: false, isSynced: false })
    const records = new RecordFiles({ folder, clock, logger })
    const owner = (): string => '1'
    const onRecord = (): void => {}
    const options = { folder, records, thread, owner, clock, logger, counters, onRecord, signal: over.signal }
    return { line: new RecordLine(options), records }
  }

  async function segments(folder: SpoolFolder, ...texts: string[]): Promise<readonly ClosedSegment[]> {
    const journal = world.journal(folder)
    for (const text of texts) {
      await write(journal, text)
      await journal.rotate()
    }
    await journal.close(AbortSignal.timeout(100))
    return world.segments.splice(0)
  }

  /** Lets time pass, as long as the line sleeps between tries. */
  async function pass(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await until(() => holds() || world.clock.sleepers > 0)
      if (!holds()) await world.clock.advance(30_000)
    }
  }

  it('tries one which the disk fails until it can be made, and says so when that takes long', async () => {
    const folder = await world.folder()
    const { line } = lineOf(folder, "tries > 40 ? undefined : { code: 'SPOOL_FULL', message: 'full' }")
    for (const segment of await segments(folder, 'a', 'b')) line.add(segment)
    assert.deepEqual(line.health(), {})
    await pass(() => (line.health().failingMs ?? 0) > 600_000)
    assert.equal(line.health().lastError, 'SPOOL_FULL')
    assert.equal(line.waiting, 2)
    await pass(() => line.waiting === 0)
    assert.deepEqual(line.health(), {})
    assert.equal(world.counters.get('made'), 2)
    assert.deepEqual(readdirSync(join(folder.path, 'quarantine')), [])
  })

  it('says for how long there has been no answer, until there is one', async () => {
    const folder = await world.folder()
    const { line } = lineOf(folder, 'undefined', answersWhenAsked)
    for (const segment of await segments(folder, 'a')) line.add(segment)
    await until(() => line.health().makingMs !== undefined)
    await world.clock.advance(61_000)
    assert.deepEqual(line.health(), { makingMs: 61_000 })
    writeFileSync(join(world.spoolDir, 'answer'), '')
    await line.settled
    assert.deepEqual(line.health(), {})
    assert.equal(world.counters.get('made'), 1)
  })

  it('is not at the making of one which waits to be tried again', async () => {
    const folder = await world.folder()
    const { line } = lineOf(folder, "{ code: 'EIO', message: 'x' }")
    for (const segment of await segments(folder, 'a')) line.add(segment)
    await until(() => world.clock.sleepers > 0)
    assert.deepEqual(line.health(), { failingMs: 0, lastError: 'EIO' })
  })

  it('moves one which fails by itself to quarantine, tells it, and goes on', async () => {
    const folder = await world.folder()
    const { line } = lineOf(folder, "{ code: 'TypeError', message: 'x is no date' }")
    const [bad, good] = await segments(folder, 'a', 'b')
    assert.ok(bad !== undefined && good !== undefined)
    const content = readFileSync(bad.path)
    line.add(bad)
    line.add(good)
    await pass(() => line.waiting === 0)
    assert.deepEqual(readFileSync(join(folder.path, 'quarantine', bad.file)), content)
    assert.deepEqual(readdirSync(folder.journalPath), [])
    assert.deepEqual([folder.space.usedBytes, folder.space.files], [0, 0])
    assert.deepEqual(line.health(), {})
    assert.equal(world.counters.get('made'), 1)
    assert.equal(world.counters.get('quarantined.records_failed'), 1)
    assert.equal(world.logger.find('records').length, 5)
    const [told] = world.logger.find('spool').filter(({ level }) => level === 'error')
    assert.match(String(told?.fields['error']), /\(x is no date\).* not delivered: report this; .*\/journal\.$/)
    assert.deepEqual([told?.fields['code'], told?.fields['segment']], ['TypeError', bad.file])
  })

  it('moves one which the disk does not give back aside as well, and sends to the disk', async () => {
    const folder = await world.folder()
    const { line } = lineOf(folder, "{ code: 'SEGMENT_UNREADABLE', message: 'it cannot be read (EIO)' }")
    for (const segment of await segments(folder, 'a', 'b')) line.add(segment)
    await pass(() => line.waiting === 0)
    assert.equal(world.counters.get('made'), 1)
    assert.equal(world.counters.get('quarantined.unreadable'), 1)
    const [told] = world.logger.find('spool').filter(({ level }) => level === 'error')
    assert.match(String(told?.fields['error']), /: see to the disk, and put the file back into .*\/journal\.$/)
  })

  it('makes it when it is back in the journal at the next start, as it is told', async () => {
    const folder = await world.folder()
    const { line } = lineOf(folder, "{ code: 'TypeError', message: 'x' }")
    for (const segment of await segments(folder, 'a')) line.add(segment)
    await pass(() => line.waiting === 0)
    const [file = ''] = readdirSync(join(folder.path, 'quarantine'))
    await world.stop()
    renameSync(join(folder.path, 'quarantine', file), join(folder.path, 'journal', file))
    assert.deepEqual(
      (await world.folder()).segments.map((segment) => segment.file),
      [file],
    )
  })

  it('counts only what is its own fault', async () => {
    const folder = await world.folder()
    const { line } = lineOf(
      folder,
      "tries > 20 ? undefined : tries % 5 === 0 ? { code: 'RECORDS_FAILED', message: 'x' } : { code: 'EMFILE', message: 'x' }",
    )
    for (const segment of await segments(folder, 'a')) line.add(segment)
    await pass(() => line.waiting === 0)
    assert.equal(world.counters.get('made'), 1)
    assert.equal(world.counters.get('quarantined.records_failed'), 0)
  })

  it('tries again to move one which cannot be moved, and lets go of one which somebody took', async () => {
    let moves = 0
    let path = ''
    const before = (call: string): void => {
      if (!call.startsWith('rename') || !call.includes('quarantine')) return
      moves += 1
      if (moves === 4) rmSync(path)
      if (moves < 4) throw systemError('EIO')
    }
    const folder = await world.folder({ files: world.recording({ before }) })
    const { line } = lineOf(folder, "{ code: 'TypeError', message: 'x' }")
    const [bad] = await segments(folder, 'a')
    assert.ok(bad !== undefined)
    path = bad.path
    line.add(bad)
    await pass(() => line.waiting === 0)
    assert.equal(moves, 4)
    assert.deepEqual([folder.space.usedBytes, folder.space.files], [0, 0])
  })

  it('moves one over which five threads have died, each the end of a process, to quarantine, and goes on', async () => {
    const folder = await world.folder()
    const [bad, good] = await segments(folder, 'a', 'b')
    assert.ok(bad !== undefined && good !== undefined)
    await world.stop()
    for (let deaths = 1; deaths <= 5; deaths += 1) {
      const { line } = lineOf(await world.folder(), 'process.exit(0)')
      for (const segment of [bad, good]) line.add(segment)
      await assert.rejects(line.settled, { code: 'WORKER' })
      assert.equal(readFileSync(join(folder.path, 'deaths'), 'utf8'), `${bad.file} ${deaths}\n`)
      await thread?.close()
      await world.stop()
    }
    assert.deepEqual(readdirSync(folder.journalPath), [bad.file, good.file])
    const last = await world.folder()
    const { line } = lineOf(last, 'undefined')
    for (const segment of last.segments) line.add(segment)
    await pass(() => line.waiting === 0)
    assert.deepEqual(readdirSync(join(folder.path, 'quarantine')), [bad.file])
    assert.equal(world.counters.get('made'), 1)
    assert.equal(world.counters.get('quarantined.records_failed'), 1)
    const [told] = world.logger.find('spool').filter(({ level }) => level === 'error')
    assert.match(String(told?.fields['error']), /\(the thread which makes records has died over it 5 times\)/)
    await until(() => !readdirSync(folder.path).includes('deaths'))
  })

  it('remembers the deaths over one for which there is no room in quarantine, and goes on', async () => {
    const folder = await world.folder()
    const [bad, good] = await segments(folder, 'a', 'b')
    assert.ok(bad !== undefined && good !== undefined)
    for (let deaths = 1; deaths <= 5; deaths += 1) await folder.deaths.add(bad.file)
    await world.stop()
    const quarantine = join(folder.path, 'quarantine')
    for (let i = 0; i < 1000; i += 1) writeFileSync(join(quarantine, `${i}`), '')
    for (const found of [[bad.file, good.file], [bad.file]]) {
      const full = await world.folder()
      assert.deepEqual(
        full.segments.map(({ file }) => file),
        found,
      )
      const { line } = lineOf(full, found.length > 1 ? 'undefined' : 'process.exit(0)')
      for (const segment of full.segments) line.add(segment)
      await line.settled
      assert.equal(line.waiting, 0)
      assert.deepEqual(readdirSync(folder.journalPath), [bad.file])
      assert.equal(readFileSync(join(folder.path, 'deaths'), 'utf8'), `${bad.file} 5\n`)
      assert.equal(full.space.usedBytes, bad.bytes)
      const [told] = world.logger.lines.splice(0).filter(({ level }) => level === 'error')
      assert.match(String(told?.fields['quarantine']), /is full: remove files/)
      await thread?.close()
      await world.stop()
    }
    assert.equal(world.counters.get('made'), 1)
    rmSync(join(quarantine, '0'))
    const roomy = await world.folder()
    const { line } = lineOf(roomy, 'process.exit(0)')
    for (const segment of roomy.segments) line.add(segment)
    await line.settled
    assert.ok(readdirSync(quarantine).includes(bad.file))
    assert.ok(!readdirSync(folder.path).includes('deaths'))
  })

  it('remembers the deaths over each for which there is no room, when another is deadly too', async () => {
    const folder = await world.folder()
    const added = await segments(folder, 'a', 'b', 'c')
    await world.stop()
    for (let i = 0; i < 1000; i += 1) writeFileSync(join(folder.path, 'quarantine', `${i}`), '')
    // Whatever it is given first kills the thread, ten times: twice five. The third can be made.
    for (let start = 1; start <= 11; start += 1) {
      const next = await world.folder()
      const { line } = lineOf(next, start <= 10 ? 'process.exit(0)' : 'undefined')
      for (const segment of next.segments) line.add(segment)
      if (start <= 10) await assert.rejects(line.settled, { code: 'WORKER' })
      else await line.settled
      await thread?.close()
      await world.stop()
    }
    assert.equal(world.counters.get('made'), 1)
    assert.deepEqual(
      readdirSync(folder.journalPath),
      added.slice(0, 2).map(({ file }) => file),
    )
  })

  it('charges no segment with the death of a thread which did not begin', async () => {
    const folder = await world.folder()
    const [segment] = await segments(folder, 'a')
    assert.ok(segment !== undefined)
    const { line } = lineOf(folder, 'undefined', "throw new Error('broken')")
    line.add(segment)
    await assert.rejects(line.settled, { code: 'WORKER_START' })
    assert.equal(folder.deaths.of(segment.file), 0)
    assert.deepEqual(world.logger.find('records'), [])
  })

  it('forgets the deaths of one which can be made after all', async () => {
    const folder = await world.folder()
    const [segment] = await segments(folder, 'a')
    assert.ok(segment !== undefined)
    const dying = lineOf(folder, 'process.exit(0)').line
    dying.add(segment)
    await assert.rejects(dying.settled, { code: 'WORKER' })
    const { line } = lineOf(folder, 'undefined')
    line.add(segment)
    await line.settled
    assert.ok(!readdirSync(folder.path).includes('deaths'))
    assert.equal(folder.deaths.of(segment.file), 0)
    assert.equal(world.counters.get('made'), 1)
  })

  it('ends as ever where deaths cannot be counted, and says so', async () => {
    const before = (call: string): void => {
      if (call.startsWith('open deaths')) throw systemError('ENOSPC')
    }
    const folder = await world.folder({ files: world.recording({ before }) })
    const { line } = lineOf(folder, 'process.exit(0)')
    for (const segment of await segments(folder, 'a')) line.add(segment)
    await assert.rejects(line.settled, { code: 'WORKER' })
    assert.match(String(world.logger.find('records')[0]?.fields['effect']), /not known at the next start/)
  })

  it('offers what an earlier process made of one which it cannot make', async () => {
    const old = await world.folder()
    const [segment] = await segments(old, 'a')
    assert.ok(segment !== undefined)
    const name = parseSegmentFile(segment.file)
    assert.ok(name !== undefined)
    const record = recordFile(name, 0)
    writeFileSync(join(old.recordsPath, record), 'made before')
    await world.stop()
    const folder = await world.folder()
    const { line, records } = lineOf(folder, "{ code: 'TypeError', message: 'x' }")
    for (const found of folder.segments) line.add(found)
    await pass(() => line.waiting === 0)
    assert.equal(records.waiting, 1)
    assert.deepEqual(
      records.take({ maxRecords: 9, maxEncodedBytes: 999 }).map((taken) => taken.name),
      [record],
    )
  })
})
