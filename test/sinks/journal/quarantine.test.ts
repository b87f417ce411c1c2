import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Counters } from '../../../src/core/metrics.ts'
import { Quarantine, type QuarantineOptions } from '../../../src/sinks/journal/quarantine.ts'
import { RecordingFiles, type RecordingFilesOptions, systemError } from '../../support/recording-files.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('quarantine', () => {
  let root: string
  let folder: string
  let clock: VirtualClock
  let logger: RecordingLogger
  let counters: Counters
  let recorded: RecordingFiles
  let quarantine: Quarantine

  beforeEach(async () => {
    root = await files.mkdtemp(join(tmpdir(), 'kinloader-quarantine-'))
    folder = join(root, 'quarantine')
    await files.mkdir(folder)
    clock = new VirtualClock()
    logger = new RecordingLogger()
    counters = new Counters()
  })
  afterEach(async () => {
    await files.rm(root, { recursive: true })
  })

  function make(more: Partial<QuarantineOptions> = {}, before?: RecordingFilesOptions['before']): void {
    recorded = new RecordingFiles({ folder: root, ...(before !== undefined && { before }) })
    const found = { bytes: 0, files: 0 }
    quarantine = new Quarantine({ folder, files: recorded, clock, logger, counters, found, ...more })
  }

  async function take(name: string, bytes = 1): Promise<boolean> {
    const path = join(root, name)
    await files.writeFile(path, Buffer.alloc(bytes))
    return quarantine.take(path, bytes, 'refused', { code: 'X' })
  }

  const looks = (): number => recorded.calls.filter((call) => call === 'readdir quarantine').length

  for (const [limit, bound] of [
    ['files', { maxFiles: 2 }],
    ['bytes', { maxBytes: 2 }],
  ] as const) {
    it(`which is full goes on when somebody has made room, and looks for that once a minute: ${limit}`, async () => {
      make(bound)
      assert.deepEqual([await take('a'), await take('b'), await take('c'), await take('d')], [true, true, false, false])
      assert.equal(looks(), 1)
      await files.unlink(join(folder, 'a'))
      await clock.advance(59_999)
      assert.equal(await take('e'), false)
      await clock.advance(1)
      assert.deepEqual([await take('f'), await take('g')], [true, false])
      assert.equal(looks(), 2)
      assert.deepEqual((await files.readdir(folder)).sort(), ['b', 'f'])
      assert.equal(counters.get('quarantined.refused'), 7)
      // Each which was moved, and each time in which it was full.
      const told = logger.find('spool').map(({ fields }) => String(fields['quarantine']).split('/').at(-1))
      assert.deepEqual(told, ['a', 'b', 'quarantine is full: remove files', 'f', 'quarantine is full: remove files'])
    })
  }

  it('counts the others when one is removed while it looks', async () => {
    make({ maxFiles: 3 }, (call) => {
      if (call.startsWith('lstat quarantine/')) rmSync(join(folder, 'b'), { force: true })
    })
    for (const name of ['a', 'b', 'c']) assert.ok(await take(name))
    assert.ok(await take('d'))
    assert.ok(!(await take('e')))
    assert.deepEqual((await files.readdir(folder)).sort(), ['a', 'c', 'd'])
  })

  it('which cannot be looked at is as full as it was', async () => {
    make({ maxFiles: 0 }, (call) => {
      if (call.startsWith('readdir')) throw systemError('EIO')
    })
    assert.equal(await take('a'), false)
  })

  it('is made anew when somebody has removed all of it', async () => {
    make({ maxFiles: 1 })
    assert.equal(await take('a'), true)
    await files.rm(folder, { recursive: true })
    assert.equal(await take('b'), true)
    assert.deepEqual(await files.readdir(folder), ['b'])
    assert.equal((await files.stat(folder)).mode & 0o777, 0o700)
  })

  it('says so when the file is gone, or the disk fails', async () => {
    make()
    await assert.rejects(quarantine.take(join(root, 'none'), 1, 'refused', {}), { code: 'ENOENT' })
    make({}, (call) => {
      if (call.startsWith('mkdir')) throw systemError('EROFS')
    })
    await files.rm(folder, { recursive: true })
    await assert.rejects(take('a'), { code: 'EROFS' })
    assert.equal(counters.get('quarantined.refused'), 0)
  })
})
