import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as files from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { KinloaderError } from '../../../src/core/errors.ts'
import type { SpoolFolder } from '../../../src/sinks/journal/spool-folder.ts'
import { systemError } from '../../support/recording-files.ts'
import { JournalWorld, textsOf, write } from './journal-world.ts'

describe('spool folder', () => {
  let world: JournalWorld
  beforeEach(async () => {
    world = await JournalWorld.make()
  })
  afterEach(() => world.end())

  const own = (): string => join(world.spoolDir, 'us-east-1-s')

  describe('is safe to use', () => {
    it('as nobody else’s, with all in it', async () => {
      const folder = await world.folder()
      const journal = world.journal(folder)
      await write(journal, 'a')
      for (const path of [own(), folder.journalPath, folder.recordsPath, join(own(), 'quarantine')]) {
        assert.equal((await files.stat(path)).mode & 0o777, 0o700, path)
      }
      const [segment = ''] = await files.readdir(folder.journalPath)
      assert.equal((await files.stat(join(folder.journalPath, segment))).mode & 0o777, 0o600)
    })

    it('when it was open to others, after closing it to them', async () => {
      await files.mkdir(own(), { mode: 0o755 })
      await world.folder()
      assert.equal((await files.stat(own())).mode & 0o777, 0o700)
    })

    it('not as a symbolic link', async () => {
      const elsewhere = join(world.spoolDir, 'elsewhere')
      await files.mkdir(elsewhere)
      await files.symlink(elsewhere, own())
      await refused('SPOOL_UNSAFE', /is not safe to use: it is a symbolic link; remove it, or choose another/)
      assert.deepEqual(await files.readdir(elsewhere), [])
    })

    it('not with a symbolic link or a file in it', async () => {
      await files.mkdir(own(), { mode: 0o700 })
      await files.symlink(world.spoolDir, join(own(), 'records'))
      await refused('SPOOL_UNSAFE', /records is not safe to use: it is a symbolic link/)
      await files.unlink(join(own(), 'records'))
      await files.writeFile(join(own(), 'records'), '')
      await refused('SPOOL_UNSAFE', /it is no folder/)
      assert.deepEqual((await files.readdir(own())).sort(), ['journal', 'records'])
    })

    it('not when somebody else made it', async () => {
      await files.mkdir(own(), { mode: 0o700 })
      const uid = (process.getuid?.() ?? 0) + 1
      await refused(
        'SPOOL_UNSAFE',
        new RegExp(`belongs to the user with the id ${uid - 1}, and this program runs as ${uid}`),
        {
          uid,
        },
      )
      assert.deepEqual(await files.readdir(own()), [])
    })

    it('not without the directory, without leave, or under another’s name', async () => {
      const spoolDir = join(world.spoolDir, 'none')
      await refused('SPOOL_NO_FOLDER', /none is not there; create it/, { spoolDir })
      await files.writeFile(spoolDir, '')
      await refused('SPOOL_NO_FOLDER', /none is not there/, { spoolDir })
      const before = (call: string): void => {
        if (call.startsWith('mkdir')) throw systemError('EACCES')
      }
      await refused('SPOOL_DENIED', /is denied; let the user/, { files: world.recording({ before }) })
      await refused('SPOOL_NAME', /no spool for the stream "\.\.\/x"/, { stream: '../x' })
      await refused('SPOOL_NAME', /in the region "\/"/, { region: '/' })
    })

    it('fault 14: by one at a time', async () => {
      const first = await world.folder()
      await refused('SPOOL_LOCKED', new RegExp(`in use by process ${process.pid};`))
      await first.close()
      await world.folder()
    })
  })

  it('fault 14: is another one for another stream or region: they never mix', async () => {
    const folders = [
      await world.folder(),
      await world.folder({ stream: 't' }),
      await world.folder({ region: 'eu-west-1' }),
    ]
    for (const [i, folder] of folders.entries()) await write(world.journal(folder), `${i}`)
    for (const [i, folder] of folders.entries()) assert.deepEqual(await world.texts(folder), [`${i}`])
    assert.deepEqual((await files.readdir(world.spoolDir)).sort(), ['eu-west-1-s', 'us-east-1-s', 'us-east-1-t'])
  })

  describe('at the next start', () => {
    it('goes on with numbers above all which are there', async () => {
      const before = await world.folder()
      assert.equal(before.nextSegment().sequence, 1)
      await before.close()
      await files.writeFile(join(own(), 'journal', '000000000007-abcdefgh.journal'), '')
      await next(7)
      await files.writeFile(join(own(), 'records', 'firehose_event-000000000009000003-abcdefgh'), '')
      await next(9)
      await files.writeFile(join(own(), 'quarantine', '000000000012-abcdefgh.journal'), '')
      await next(12)
      await files.writeFile(join(own(), 'journal', 'somebody-elses'), '')
      await next(12)
    })

    it('offers the segments in their order, and counts them and their bytes', async () => {
      const journal = world.journal(await world.folder(), { segmentBytes: 1 })
      for (const text of ['a', 'b', 'c']) await write(journal, text)
      const folder = await reopened()
      assert.deepEqual(
        (await Promise.all(folder.segments.map(textsOf))).flatMap(({ texts }) => texts),
        ['a', 'b', 'c'],
      )
      assert.equal(folder.space.usedBytes, 3 * 63)
      assert.equal(folder.space.files, 3)
      assert.equal(world.counters.get('recovered_segments'), 3)
    })

    it('fault 13: removes half-written record files, and nothing else', async () => {
      await (await world.folder()).close()
      const record = 'firehose_event-000000000001000000-abcdefgh'
      await files.writeFile(join(own(), 'records', `${record}.tmp`), 'half')
      await files.writeFile(join(own(), 'records', record), 'whole')
      await files.writeFile(join(own(), 'records', 'README'), '')
      await reopened()
      assert.deepEqual((await files.readdir(join(own(), 'records'))).sort(), ['README', record])
    })
  })

  describe('with what is not ours in it', () => {
    beforeEach(async () => {
      await (await world.folder()).close()
    })

    it('removes no folder which is called as a half-written record, and begins', async () => {
      await files.mkdir(join(own(), 'records', 'x.tmp'))
      await files.writeFile(join(own(), 'records', 'y.tmp'), '')
      await world.folder()
      assert.deepEqual(await files.readdir(join(own(), 'records')), ['x.tmp'])
    })

    it('begins also when a half-written record cannot be removed', async () => {
      await files.writeFile(join(own(), 'records', 'x.tmp'), '')
      const before = (call: string): void => {
        if (call === 'unlink records/x.tmp') throw systemError('EIO')
      }
      assert.deepEqual((await world.folder({ files: world.recording({ before }) })).foundRecords, [])
    })

    for (const [folder, name] of [
      ['journal', '999999999999-abcdefgh.journal'],
      ['records', 'firehose_event-999999999999000000-abcdefgh'],
      ['quarantine', '999999999999-abcdefgh.journal'],
    ] as const) {
      it(`does not go on behind a number near the last one, in ${folder}`, async () => {
        await files.writeFile(join(own(), folder, name), 'x')
        await files.writeFile(join(own(), 'quarantine', '000000000041-abcdefgh.journal'), 'x')
        await next(41)
        const opened = await world.folder()
        assert.equal(opened.segments.length, folder === 'journal' ? 1 : 0)
        assert.equal(opened.foundRecords.length, folder === 'records' ? 1 : 0)
      })
    }

    it('opens nothing but plain files', async () => {
      const [segment, record] = ['000000000007-abcdefgh.journal', 'firehose_event-000000000009000003-abcdefgh']
      execFileSync('mkfifo', [join(own(), 'journal', segment), join(own(), 'records', record)])
      await files.mkdir(join(own(), 'journal', '000000000008-abcdefgh.journal'))
      await files.symlink(
        join(own(), 'journal', segment),
        join(own(), 'records', 'firehose_event-000000000009000004-abcdefgh'),
      )
      const { segments, foundRecords, space } = await world.folder()
      assert.deepEqual([segments, foundRecords, space.files], [[], [], 0])
    })
  })

  describe('a segment', () => {
    const messages = ['first message', 'second', 'the third of them']
    let bytes: Buffer
    /** Where the frames end. */
    let ends: number[]

    beforeEach(async () => {
      const journal = world.journal(await world.folder())
      ends = [0]
      for (const text of messages) {
        await write(journal, text)
        ends.push(world.counters.get('journal_bytes'))
      }
      await journal.rotate()
      bytes = await files.readFile(world.segments[0]?.path ?? '')
    })

    it('cut anywhere by a kill yields its whole frames, and is then removed', async () => {
      for (let size = 0; size <= bytes.length; size++) {
        const segment = await leftover(bytes.subarray(0, size))
        const { texts, end } = await textsOf(segment)
        const whole = ends.filter((at) => at <= size).length - 1
        assert.deepEqual(texts, messages.slice(0, whole), `cut at ${size}`)
        assert.deepEqual(end, { wholeBytes: ends[whole], rest: size === ends[whole] ? 'nothing' : 'torn' })
        if (size !== 100) continue
        const folder = await reopened()
        const [found] = folder.segments
        assert.ok(found !== undefined)
        await folder.converted(found, end)
        assert.deepEqual(await files.readdir(folder.journalPath), [])
        assert.deepEqual(await files.readdir(join(own(), 'quarantine')), [])
        assert.equal(world.counters.get('torn_bytes'), 100 - (ends[whole] ?? 0))
        assert.equal(folder.space.usedBytes, 0)
        await folder.close()
      }
      assert.deepEqual(world.logger.lines, [])
    })

    it('with any byte changed yields what stands before, and is kept aside', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const changed = Buffer.from(bytes)
          changed[at] = (changed[at] ?? 0) ^ change
          const { texts, end } = await textsOf(await leftover(changed))
          const whole = ends.filter((frameEnd) => frameEnd <= at).length - 1
          assert.deepEqual(texts, messages.slice(0, whole))
          assert.deepEqual(end, { wholeBytes: ends[whole], rest: 'damaged' })
        }),
        { numRuns: 300 },
      )
      const changed = Buffer.from(bytes)
      changed[80] = 0
      const { path } = await leftover(changed)
      const folder = await reopened()
      const [segment] = folder.segments
      assert.ok(segment !== undefined)
      await folder.converted(segment, (await textsOf(segment)).end)
      await assert.rejects(files.stat(path), { code: 'ENOENT' })
      assert.deepEqual(await files.readFile(join(own(), 'quarantine', segment.file)), changed)
      assert.equal(world.counters.get('quarantined.damaged'), 1)
      assert.equal(folder.space.usedBytes, 0)
      const [line, ...others] = world.logger.find('spool')
      assert.equal(others.length, 0)
      assert.equal(line?.level, 'error')
      assert.equal(line.fields['lostBytes'], bytes.length - (ends[1] ?? 0))
    })

    it('which lost its end after it was closed is damaged, not torn: somebody was told of it', async () => {
      const segment = { ...(await leftover(bytes.subarray(0, 100))), bytes: bytes.length, isLeftover: false }
      const { texts, end } = await textsOf(segment)
      assert.deepEqual(texts, messages.slice(0, 1))
      assert.equal(end.rest, 'damaged')
    })

    it('which is damaged stays in the journal when there is no room to keep it aside', async () => {
      const segment = await leftover(bytes)
      for (let file = 0; file < 1000; file++) await files.writeFile(join(own(), 'quarantine', String(file)), '')
      const folder = await reopened()
      await folder.converted(segment, { wholeBytes: 0, rest: 'damaged' })
      assert.deepEqual(await files.readFile(segment.path), bytes)
    })

    it('which cannot be read is kept aside', async () => {
      const folder = await reopened()
      await files.mkdir(join(folder.journalPath, '000000000099-abcdefgh.journal'))
      const segment = { ...(await leftover(bytes)), path: join(folder.journalPath, '000000000099-abcdefgh.journal') }
      const { end } = await textsOf(segment)
      assert.deepEqual(end, { wholeBytes: 0, rest: 'unreadable' })
      await folder.converted(segment, end)
      assert.deepEqual(await files.readdir(join(own(), 'quarantine')), ['000000000099-abcdefgh.journal'])
    })

    it('which somebody has removed to make room uses none of the spool', async () => {
      await leftover(bytes)
      const folder = await reopened()
      const [segment] = folder.segments
      assert.ok(segment !== undefined)
      assert.deepEqual([folder.space.usedBytes, folder.space.files], [bytes.length, 1])
      let freed = 0
      folder.space.onFreed(() => {
        freed += 1
      })
      await files.unlink(segment.path)
      const { end } = await textsOf(segment)
      assert.equal(end.rest, 'unreadable')
      await folder.converted(segment, end)
      assert.deepEqual([folder.space.usedBytes, folder.space.files, freed], [0, 0, 1])
      assert.deepEqual(world.logger.told('warn', 'error'), ['warn spool'])
      assert.match(String(world.logger.find('spool')[0]?.fields['effect']), /not delivered/)
    })

    it('which cannot be moved stays, and its room with it', async () => {
      const segment = await leftover(bytes)
      const before = (call: string): void => {
        if (call.startsWith('rename')) throw systemError('EIO')
      }
      await world.stop()
      const folder = await world.folder({ files: world.recording({ before }) })
      await folder.converted(segment, { wholeBytes: 0, rest: 'damaged' })
      assert.deepEqual([folder.space.usedBytes, folder.space.files], [bytes.length, 1])
      assert.deepEqual(await files.readFile(segment.path), bytes)
    })

    async function leftover(content: Uint8Array): Promise<SpoolFolder['segments'][number]> {
      const file = '000000000001-abcdefgh.journal'
      const path = join(own(), 'journal', file)
      for (const { path: old } of world.segments.splice(0)) await files.unlink(old)
      await files.writeFile(path, content)
      return { file, path, bytes: content.length, isLeftover: true }
    }
  })

  async function reopened(): Promise<SpoolFolder> {
    await world.stop()
    return world.folder()
  }

  async function next(above: number): Promise<void> {
    const folder = await world.folder()
    assert.equal(folder.nextSegment().sequence, above + 1)
    await folder.close()
  }

  async function refused(
    code: string,
    message: RegExp,
    options: Parameters<JournalWorld['folder']>[0] = {},
  ): Promise<void> {
    await assert.rejects(world.folder(options), (error) => {
      assert.ok(error instanceof KinloaderError)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    })
  }
})
