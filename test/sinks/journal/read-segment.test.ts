import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { errorCode } from '../../../src/core/errors.ts'
import { type ClosedSegment, readSegment, type SegmentEnd } from '../../../src/sinks/journal/read-segment.ts'
import { isDiskTrouble } from '../../../src/sinks/spooling/errors.ts'
import { systemError } from '../../support/recording-files.ts'
import { JournalWorld, write } from './journal-world.ts'

describe('reading a segment', () => {
  let world: JournalWorld
  let segment: ClosedSegment
  beforeEach(async () => {
    world = await JournalWorld.make()
    const journal = world.journal(await world.folder())
    await write(journal, 'a')
    await journal.rotate()
    const [closed] = world.segments
    assert.ok(closed !== undefined)
    segment = closed
  })
  afterEach(() => world.end())

  /** When `open`, or the reading after it, fails with this code. */
  function failing(at: 'open' | 'readFile', code: string): Promise<{ readonly end: SegmentEnd }> {
    const before = (call: string): void => {
      if (call.startsWith(at)) throw systemError(code)
    }
    return readSegment(segment, world.recording({ before }))
  }

  for (const code of ['EACCES', 'EPERM', 'EMFILE', 'ESTALE', 'ETIMEDOUT', 'ENXIO']) {
    it(`fails as the disk’s trouble, which is tried until it is over: ${code}`, async () => {
      for (const at of ['open', 'readFile'] as const) await assert.rejects(failing(at, code), { code })
      assert.ok(isDiskTrouble(code))
    })
  }

  it('fails as the segment’s own trouble, which is tried some times, where it may be a bad sector', async () => {
    for (const at of ['open', 'readFile'] as const) {
      await assert.rejects(failing(at, 'EIO'), (error: unknown) => {
        assert.equal(errorCode(error), 'SEGMENT_UNREADABLE')
        assert.match(String(error), /\.journal cannot be read \(EIO: as the system says it\); look at its disk\.$/)
        return true
      })
    }
    assert.ok(!isDiskTrouble('SEGMENT_UNREADABLE'))
  })

  it('ends where it will not get better', async () => {
    for (const code of ['EISDIR', 'EUCLEAN', 'ENOENT']) {
      assert.deepEqual((await failing('open', code)).end, { wholeBytes: 0, rest: 'unreadable' })
    }
    await files.unlink(segment.path)
    assert.deepEqual((await readSegment(segment)).end, { wholeBytes: 0, rest: 'unreadable' })
  })
})
