import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { importRecords } from '../../../src/sinks/firehose/import-records.ts'
import { RecordFiles } from '../../../src/sinks/firehose/record-files.ts'
import type { SpoolFolder } from '../../../src/sinks/journal/spool-folder.ts'
import { type RecordingFiles, systemError } from '../../support/recording-files.ts'
import { JournalWorld } from '../journal/journal-world.ts'

describe('import of what kinesyslog left', () => {
  let world: JournalWorld
  let folder: SpoolFolder
  let records: RecordFiles
  beforeEach(async () => {
    world = await JournalWorld.make()
    await open()
  })
  afterEach(() => world.end())

  async function open(recorded: RecordingFiles = world.recording()): Promise<void> {
    await world.stop()
    folder = await world.folder({ files: recorded })
    records = new RecordFiles({ folder, clock: world.clock, logger: world.logger })
  }

  const adopt = (uid = process.getuid?.()): Promise<void> => {
    const { spoolDir, logger, counters } = world
    return importRecords({ spoolDir, folder, records, uid, logger, counters })
  }
  const place = (name: string, content: Uint8Array | string): Promise<void> =>
    files.writeFile(join(world.spoolDir, name), content)
  const names = async (): Promise<string[]> =>
    (await files.readdir(world.spoolDir)).filter((name) => name !== 'us-east-1-s').sort()

  async function offered(): Promise<string[]> {
    const taken = records.take({ maxRecords: 500, maxEncodedBytes: 1_000_000 })
    const contents = await Promise.all(taken.map((record) => records.read(record)))
    return contents.map((content) => Buffer.from(content).toString('hex'))
  }

  it('takes each file as a record, once, and leaves everything else', async () => {
    const [a, b] = [gzipSync('a'), gzipSync('b')]
    await place('firehose_event-x7k2mqp1', a)
    await place('firehose_event-zz_9abcd', b)
    await place('another', a)
    await adopt()
    await adopt()
    assert.deepEqual(await names(), ['another'])
    assert.deepEqual(await offered(), [a.toString('hex'), b.toString('hex')])
    assert.equal(world.counters.get('imported'), 2)
    assert.equal(folder.space.files, 2)
    for (const name of await files.readdir(folder.recordsPath))
      assert.match(name, /^firehose_event-\d{18}-[a-z0-9]{8}$/)
    await open()
    assert.equal(records.waiting, 2)
  })

  it('gives names as of another segment when one has no digits for more', async () => {
    const contents = ['a', 'b', 'c', 'd', 'e'].map((text) => gzipSync(text))
    for (const [i, content] of contents.entries()) await place(`firehose_event-${i}`, content)
    const { spoolDir, logger, counters } = world
    await importRecords({ spoolDir, folder, records, uid: process.getuid?.(), logger, counters, maxTogether: 2 })
    assert.deepEqual(
      await offered(),
      contents.map((content) => content.toString('hex')),
    )
    assert.deepEqual(
      (await files.readdir(folder.recordsPath)).sort().map((name) => name.slice('firehose_event-'.length, -9)),
      ['000000000001000000', '000000000001000001', '000000000002000000', '000000000002000001', '000000000003000000'],
    )
    assert.equal(counters.get('imported'), 5)
    assert.equal(folder.space.files, 5)
    assert.equal(logger.find('import')[0]?.fields['files'], 5)
    await open()
    assert.equal(records.waiting, 5)
  })

  it('takes no link, no folder, nothing of others, nothing too large and nothing which is not whole', async () => {
    const whole = gzipSync('a'.repeat(1000))
    await place('elsewhere', whole)
    await files.symlink(join(world.spoolDir, 'elsewhere'), join(world.spoolDir, 'firehose_event-1'))
    await files.mkdir(join(world.spoolDir, 'firehose_event-2'))
    await place('firehose_event-3', Buffer.alloc(1_024_001))
    await place('firehose_event-4', whole.subarray(0, -1))
    await place('firehose_event-5', 'plain text')
    await place('firehose_event-6', '')
    await adopt()
    assert.equal(records.waiting, 0)
    await place('firehose_event-7', whole)
    await adopt((process.getuid?.() ?? 0) + 1)
    assert.equal(records.waiting, 0)
    assert.equal((await names()).length, 8)
    assert.deepEqual(world.logger.told('warn'), ['warn import', 'warn import'])
    assert.equal(world.logger.lines[0]?.fields['left'], 6)
    assert.equal(world.counters.get('imported'), 0)
  })

  it('copies where the file lies on another disk, and removes it when the copy is safe', async () => {
    const before = (call: string): void => {
      if (call.startsWith('rename ../')) throw systemError('EXDEV')
    }
    const recorded = world.recording({ before })
    await open(recorded)
    await place('firehose_event-a', gzipSync('a'))
    recorded.calls.length = 0
    await adopt()
    const calls = recorded.calls.map((call) => call.replaceAll(/records\/[a-z0-9_-]+/g, 'R'))
    assert.deepEqual(calls.slice(calls.indexOf('copyFile ../firehose_event-a R.tmp')), [
      'copyFile ../firehose_event-a R.tmp',
      'open R.tmp r+',
      'sync R.tmp',
      'close R.tmp',
      'rename R.tmp R',
      'open records r',
      'sync records',
      'close records',
      'unlink ../firehose_event-a',
      'open records r',
      'sync records',
      'close records',
    ])
    assert.equal(records.waiting, 1)
  })

  it('offers what it had taken when the rest fails', async () => {
    const before = (call: string): void => {
      if (call.startsWith('rename ../firehose_event-b')) throw systemError('EIO')
    }
    await open(world.recording({ before }))
    await place('firehose_event-a', gzipSync('a'))
    await place('firehose_event-b', gzipSync('b'))
    await assert.rejects(adopt(), { code: 'SPOOL_FAILED' })
    assert.equal(records.waiting, 1)
    assert.deepEqual(await names(), ['firehose_event-b'])
  })
})
