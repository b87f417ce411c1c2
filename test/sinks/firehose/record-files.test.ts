import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { join } from 'node:path'
import { encodedBytes } from '../../../src/sinks/firehose/encoded-size.ts'
import { RecordFiles } from '../../../src/sinks/firehose/record-files.ts'
import { type RecordTarget, writeRecords } from '../../../src/sinks/firehose/write-records.ts'
import { type ClosedSegment, readSegment } from '../../../src/sinks/journal/read-segment.ts'
import type { SpoolFolder } from '../../../src/sinks/journal/spool-folder.ts'
import { type RecordingFiles, systemError } from '../../support/recording-files.ts'
import { JournalWorld, write } from '../journal/journal-world.ts'

const many = { maxRecords: 500, maxEncodedBytes: 4_194_304 }

describe('record files', () => {
  let world: JournalWorld
  beforeEach(async () => {
    world = await JournalWorld.make()
  })
  afterEach(() => world.end())

  const store = (folder: SpoolFolder): RecordFiles =>
    new RecordFiles({ folder, clock: world.clock, logger: world.logger })
  const target = (folder: SpoolFolder, { file }: ClosedSegment, more: Partial<RecordTarget> = {}): RecordTarget => ({
    folder: folder.recordsPath,
    segment: file,
    isSynced: true,
    ...more,
  })

  /** A message to a segment, the segment to records of these texts, as the relay does. */
  async function add(folder: SpoolFolder, records: RecordFiles, ...texts: string[]): Promise<void> {
    const journal = world.journal(folder)
    await write(journal, texts.join())
    await journal.rotate()
    await journal.close(AbortSignal.timeout(100))
    await convert(folder, records, world.segments.pop(), texts)
  }

  async function convert(
    folder: SpoolFolder,
    records: RecordFiles,
    segment: ClosedSegment | undefined,
    texts: readonly string[],
  ): Promise<void> {
    assert.ok(segment !== undefined)
    const { end } = await readSegment(segment)
    const written = await writeRecords(target(folder, segment), bytesOf(texts))
    await folder.converted(segment, end)
    await records.added(written, end)
  }

  async function reopened(options: Parameters<JournalWorld['folder']>[0] = {}): Promise<SpoolFolder> {
    await world.stop()
    return world.folder(options)
  }

  async function taken(records: RecordFiles, limits = many): Promise<string[]> {
    const texts: string[] = []
    for (const record of records.take(limits)) texts.push(Buffer.from(await records.read(record)).toString())
    return texts
  }

  it('are made, offered and removed by calls in this order: write, fsync, rename, folder, segment', async () => {
    const recorded = world.recording()
    const folder = await world.folder({ files: recorded })
    const records = store(folder)
    const journal = world.journal(folder)
    records.onAdded = () => recorded.calls.push('offered')
    recorded.calls.length = 0
    const { safe } = await write(journal, 'a')
    void safe.then(() => recorded.calls.push('safe'))
    await journal.rotate()
    const [segment] = world.segments
    assert.ok(segment !== undefined)
    const written = await writeRecords(target(folder, segment, { files: recorded }), [Buffer.from('one')])
    await folder.converted(segment, { wholeBytes: segment.bytes, rest: 'nothing' })
    await records.added(written, { rest: 'nothing' })
    for (const record of records.take(many)) await records.remove(record)
    assert.deepEqual(shown(recorded), [
      'statfs .',
      'open S wx',
      'write S 0+63',
      'datasync S',
      'open journal r',
      'sync journal',
      'close journal',
      'safe',
      'close S',
      'open R-0.tmp w',
      'write R-0.tmp 0+3',
      'sync R-0.tmp',
      'close R-0.tmp',
      'rename R-0.tmp R-0',
      'open records r',
      'sync records',
      'close records',
      'unlink S',
      'offered',
      'unlink R-0',
    ])
    assert.equal(folder.space.usedBytes, 0)
    assert.equal(folder.space.files, 0)
  })

  it('are not synced with fsync off', async () => {
    const recorded = world.recording()
    const folder = await world.folder({ files: recorded })
    recorded.calls.length = 0
    await writeRecords(
      { folder: folder.recordsPath, segment: '000000000001-abcdefgh.journal', isSynced: false, files: recorded },
      [Buffer.from('a')],
    )
    assert.ok(!recorded.calls.some((call) => call.includes('sync')))
  })

  it('have names which are in the order of their messages, and are for this user alone', async () => {
    const folder = await world.folder()
    const records = store(folder)
    for (let i = 0; i < 12; i++) await add(folder, records, ...Array.from({ length: 11 }, (_, part) => `${i}.${part}`))
    const names = (await files.readdir(folder.recordsPath)).sort()
    const texts: string[] = []
    for (const name of names) {
      assert.match(name, /^firehose_event-\d{18}-[a-z0-9]{8}$/)
      assert.equal((await files.stat(join(folder.recordsPath, name))).mode & 0o777, 0o600)
      texts.push(await files.readFile(join(folder.recordsPath, name), 'utf8'))
    }
    assert.deepEqual(texts, await taken(records))
    assert.deepEqual(texts.slice(9, 12), ['0.9', '0.10', '1.0'])
    assert.equal(new Set(names.map((name) => name.slice(-8))).size, 12)
  })

  it('are taken oldest first, as many as a request holds, and given back to the front', async () => {
    const folder = await world.folder()
    const records = store(folder)
    let told = 0
    records.onAdded = () => {
      told += 1
    }
    assert.deepEqual(records.take(many), [])
    assert.equal(records.oldestMs, undefined)
    const sinceMs = world.clock.now()
    await add(folder, records, 'aaa', 'bbb')
    await world.clock.advance(1000)
    await add(folder, records, 'ccc', 'ddd')
    assert.equal(told, 2)
    assert.deepEqual([records.waiting, records.waitingBytes, records.oldestMs], [4, 12, sinceMs])
    assert.deepEqual(records.takeable(), { records: 4, encodedBytes: 4 * encodedBytes(3) })

    const first = records.take({ maxRecords: 2, maxEncodedBytes: 1000 })
    const second = records.take({ maxRecords: 500, maxEncodedBytes: 2 * encodedBytes(3) - 1 })
    assert.deepEqual([first.length, second.length], [2, 1])
    // One which is larger than a request may be has to go some time.
    const third = records.take({ maxRecords: 500, maxEncodedBytes: 1 })
    assert.equal(third.length, 1)
    assert.deepEqual(records.takeable(), { records: 0, encodedBytes: 0 })
    assert.deepEqual(records.take(many), [])
    assert.equal(records.waiting, 4)

    records.giveBack([...third, ...first])
    records.giveBack(first)
    assert.deepEqual(records.takeable(), { records: 3, encodedBytes: 3 * encodedBytes(3) })
    assert.deepEqual(await taken(records), ['aaa', 'bbb', 'ddd'])
    for (const record of first) await records.remove(record)
    assert.deepEqual([records.waiting, records.waitingBytes, records.oldestMs], [2, 6, sinceMs + 1000])
    for (const record of [...first, ...second, ...third]) await records.remove(record)
    assert.deepEqual([records.waiting, records.waitingBytes, records.oldestMs], [0, 0, undefined])
    assert.deepEqual(await files.readdir(folder.recordsPath), [])
    assert.equal(folder.space.files, 0)
  })

  it('may be removed when they are gone already, and told when they cannot be', async () => {
    let failing = true
    const before = (call: string): void => {
      if (failing && call.startsWith('unlink records/')) throw systemError('EIO')
    }
    const folder = await world.folder({ files: world.recording({ before }) })
    const records = store(folder)
    await add(folder, records, 'a', 'b')
    const [a, b] = records.take(many)
    assert.ok(a !== undefined && b !== undefined)
    await files.unlink(join(folder.recordsPath, a.name))
    failing = false
    await records.remove(a)
    failing = true
    await records.remove(b)
    assert.equal(records.waiting, 0)
    assert.deepEqual(world.logger.told('warn', 'error'), ['warn spool'])
    // What is there still takes room.
    assert.equal(folder.space.files, 1)
  })

  it('come again after a restart, with their age', async () => {
    const folder = await world.folder()
    await add(folder, store(folder), 'a', 'b')
    const [name = ''] = await files.readdir(folder.recordsPath)
    await files.utimes(join(folder.recordsPath, name), 1000, 1000)
    const records = store(await reopened())
    assert.equal(records.oldestMs, 1_000_000)
    assert.deepEqual(await taken(records), ['a', 'b'])
  })

  describe('of a conversion which was killed', () => {
    let segment: ClosedSegment
    let records: RecordFiles
    let folder: SpoolFolder

    beforeEach(async () => {
      const journal = world.journal(await world.folder())
      await write(journal, 'abc')
      await journal.rotate()
      const [closed] = world.segments
      assert.ok(closed !== undefined)
      segment = closed
    })

    /** So far the killed process came. */
    async function killedAfter(...texts: string[]): Promise<void> {
      await writeRecords(target(await reopened(), segment), bytesOf(texts))
      await files.writeFile(
        join(world.spoolDir, 'us-east-1-s/records/firehose_event-000000000001000009-abcdefgh.tmp'),
        'h',
      )
      folder = await reopened()
      records = store(folder)
    }

    it('fault 13: are not offered before it was done once more, and then not twice', async () => {
      await killedAfter('a', 'b')
      assert.equal(records.waiting, 0)
      assert.deepEqual(records.take(many), [])
      assert.deepEqual([folder.segments.length, folder.space.files], [1, 3])
      await convert(folder, records, folder.segments[0], ['a', 'b', 'c'])
      assert.deepEqual(await taken(records), ['a', 'b', 'c'])
      assert.equal((await files.readdir(folder.recordsPath)).length, 3)
      assert.deepEqual([folder.space.usedBytes, folder.space.files], [3, 3])
    })

    it('go when it makes fewer', async () => {
      await killedAfter('a', 'b', 'c')
      await convert(folder, records, folder.segments[0], ['abc'])
      assert.deepEqual(await taken(records), ['abc'])
      assert.equal((await files.readdir(folder.recordsPath)).length, 1)
      assert.deepEqual([folder.space.usedBytes, folder.space.files], [3, 1])
    })

    it('are kept when the segment has been damaged since', async () => {
      await killedAfter('a', 'b', 'c')
      await files.truncate(segment.path, 0)
      await files.writeFile(segment.path, 'noise'.repeat(20))
      await convert(folder, records, { ...segment, bytes: 100 }, ['a'])
      assert.deepEqual(await taken(records), ['a', 'b', 'c'])
      for (const record of records.take(many)) await records.remove(record)
    })
  })

  it('fault 13: which are half written are never offered, and leave nothing behind', async () => {
    const folder = await world.folder()
    const journal = world.journal(folder)
    await write(journal, 'abc')
    await journal.rotate()
    const [segment] = world.segments
    assert.ok(segment !== undefined)
    const before = (call: string): void => {
      if (/^write .*000001-.*tmp/.test(call)) throw systemError('ENOSPC')
    }
    const recorded = world.recording({ before, taken: (bytes) => Math.min(bytes, 2) })
    const texts = ['aaaa', 'bbbb', 'cccc'].map((text) => Buffer.from(text))
    await assert.rejects(writeRecords(target(folder, segment, { files: recorded }), texts), { code: 'SPOOL_FULL' })
    assert.ok((await files.readdir(folder.recordsPath)).every((name) => !name.endsWith('.tmp')))
    assert.equal(store(folder).waiting, 0)
    assert.equal(store(await reopened()).waiting, 0)
  })

  it('are written several at a time, in any order, and from any source', async () => {
    const folder = await world.folder()
    const segment = '000000000001-abcdefgh.journal'
    let made = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; made < 100; made++) yield Buffer.from(`${made}`.padStart(3, '0'))
    }
    const recorded = world.recording()
    const written = await writeRecords(
      { folder: folder.recordsPath, segment, isSynced: true, files: recorded },
      source(),
    )
    assert.deepEqual(written, { segment, bytes: new Array(100).fill(3) })
    assert.equal(recorded.calls.filter((call) => call === 'sync records').length, 1)
    const records = store(await reopened())
    assert.deepEqual(
      await taken(records),
      Array.from({ length: 100 }, (_, i) => `${i}`.padStart(3, '0')),
    )
  })

  it('which somebody has removed to make room use none of the spool', async () => {
    const folder = await world.folder()
    const records = store(folder)
    await add(folder, records, 'one')
    const [record] = records.take(many)
    assert.ok(record !== undefined)
    await files.unlink(join(folder.recordsPath, record.name))
    await records.quarantine(record, 'unreadable')
    assert.deepEqual([folder.space.usedBytes, folder.space.files], [0, 0])
  })

  describe('in quarantine', () => {
    it('wait and are offered as before when the disk does not move them', async () => {
      let isIll = true
      const before = (call: string): void => {
        if (isIll && call.includes(' quarantine/')) throw systemError('EROFS')
      }
      const folder = await world.folder({ files: world.recording({ before }) })
      const records = store(folder)
      await add(folder, records, 'a', 'b')
      const [a, b] = records.take(many)
      assert.ok(a !== undefined && b !== undefined)
      await assert.rejects(records.quarantine(a, 'refused'), { code: 'EROFS' })
      assert.deepEqual([records.waiting, folder.space.files, world.counters.get('quarantined.refused')], [2, 2, 0])
      records.giveBack([a])
      assert.deepEqual(await taken(records), ['a'])
      isIll = false
      await records.quarantine(a, 'refused')
      assert.deepEqual([records.waiting, folder.space.files, world.counters.get('quarantined.refused')], [1, 1, 1])
    })

    it('block no other, are counted and told once', async () => {
      const folder = await world.folder()
      const records = store(folder)
      await add(folder, records, 'a', 'b', 'c')
      const [a, b, c] = records.take(many)
      assert.ok(a !== undefined && b !== undefined && c !== undefined)
      await files.unlink(join(folder.recordsPath, b.name))
      await files.mkdir(join(folder.recordsPath, b.name))
      await assert.rejects(records.read(b), { code: 'EISDIR' })
      await records.quarantine(b, 'unreadable')
      await records.quarantine(b, 'unreadable')
      await files.writeFile(join(folder.recordsPath, c.name), '')
      await assert.rejects(records.read(c), { code: 'SPOOL_DAMAGED' })
      await records.quarantine(c, 'damaged')
      records.giveBack([a])
      assert.deepEqual(await taken(records), ['a'])
      assert.equal(records.waiting, 1)
      assert.deepEqual((await files.readdir(join(folder.path, 'quarantine'))).sort(), [b.name, c.name])
      assert.deepEqual(world.logger.told('error'), ['error spool', 'error spool'])
      assert.deepEqual(
        [world.counters.get('quarantined.unreadable'), world.counters.get('quarantined.damaged')],
        [1, 1],
      )
      assert.deepEqual(folder.space.files, 1)
      assert.equal(store(await reopened()).waiting, 1)
    })

    it('are bounded: when it is full they stay where they are, are not offered, and that is told once', async () => {
      const folder = await world.folder()
      for (let i = 0; i < 999; i++) await files.writeFile(join(folder.path, 'quarantine', `${i}`), '')
      const full = await reopened()
      const records = store(full)
      await add(full, records, 'a', 'b', 'c')
      for (const record of records.take(many)) await records.quarantine(record, 'refused')
      assert.equal((await files.readdir(full.recordsPath)).length, 2)
      assert.equal(records.waiting, 0)
      assert.deepEqual(world.logger.told('error'), ['error spool', 'error spool'])
      assert.equal(world.counters.get('quarantined.refused'), 3)
      assert.equal(full.space.files, 2)
      assert.equal(store(await reopened()).waiting, 2)
    })
  })

  it('of 100,000 take little memory and time', async () => {
    const folder = await world.folder()
    const records = store(folder)
    const bytes = new Array<number>(100_000).fill(5)
    await records.added({ segment: '000000000001-abcdefgh.journal', bytes }, { rest: 'nothing' })
    let count = 0
    for (let some = records.take(many); some.length > 0; some = records.take(many)) count += some.length
    assert.equal(count, 100_000)
    assert.equal(folder.space.files, 100_000)
  })
})

function bytesOf(texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text))
}

/** The segment is S, its records are R and their part. */
function shown({ calls }: RecordingFiles): string[] {
  return calls.map((call) =>
    call
      .replaceAll(/journal\/\d+-[a-z0-9]{8}\.journal/g, 'S')
      .replaceAll(/records\/firehose_event-\d{12}0*(\d+)-[a-z0-9]{8}/g, 'R-$1'),
  )
}
