import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Files } from '../../../src/sinks/spooling/files.ts'
import { SegmentDeaths } from '../../../src/sinks/journal/segment-deaths.ts'
import { RecordingFiles, systemError } from '../../support/recording-files.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

describe('how often records have died over a segment', () => {
  let folder: string
  let path: string
  let logger: RecordingLogger

  beforeEach(async () => {
    folder = await files.mkdtemp(join(tmpdir(), 'kinloader-deaths-'))
    path = join(folder, 'deaths')
    logger = new RecordingLogger()
  })

  afterEach(async () => {
    await files.rm(folder, { recursive: true })
  })

  function read(used: Files = files): Promise<SegmentDeaths> {
    return SegmentDeaths.read(path, used, logger)
  }

  it('is known to the next process', async () => {
    const deaths = await read()
    await deaths.add('a')
    await deaths.add('a')
    assert.equal((await read()).of('a'), 2)
    assert.equal((await read()).of('b'), 0)
  })

  it('is counted of each by itself: some may have to stay, for want of room in quarantine', async () => {
    const deaths = await read()
    for (const segment of ['a', 'a', 'b']) await deaths.add(segment)
    const next = await read()
    assert.deepEqual([next.of('a'), next.of('b'), next.of('c')], [2, 1, 0])
    await next.forget('a')
    assert.equal(next.of('a'), 0)
    assert.equal((await read()).of('b'), 1)
    await next.forget('b')
    assert.equal((await read()).of('b'), 0)
    assert.deepEqual(await files.readdir(folder), [])
  })

  it('is kept of the last hundred', async () => {
    const deaths = await read()
    const names = Array.from({ length: 102 }, (_, i) => `${String(i).padStart(16, '0')}-aaaaaaaa.journal`)
    for (const name of names) await deaths.add(name)
    for (const each of [deaths, await read()]) {
      assert.deepEqual(
        names.filter((name) => each.of(name) === 0),
        names.slice(0, 2),
      )
    }
  })

  it('is none where the file is larger than can be read', async () => {
    await files.writeFile(path, 'a 1\n')
    await files.truncate(path, 3 * 1024 ** 3)
    assert.equal((await read()).of('a'), 0)
  })

  for (const content of ['', 'a', 'a 2', 'a -1\n', 'a  1\n', ' 1\n', 'a 1 1\n', 'a 1234567890\n']) {
    it(`is none where the file holds ${JSON.stringify(content.slice(0, 12))}`, async () => {
      await files.writeFile(path, content)
      assert.equal((await read()).of('a'), 0)
    })
  }

  const strangers = {
    'a folder': () => files.mkdir(path),
    'a pipe, which nobody writes to': async () => {
      execFileSync('mkfifo', [path])
    },
    'a link': async () => {
      await files.writeFile(join(folder, 'other'), 'a 1\n')
      await files.symlink('other', path)
    },
  }
  for (const [what, put] of Object.entries(strangers)) {
    it(`is none where there is ${what} in the place of the file, and that is told`, async () => {
      await put()
      const deaths = await read()
      assert.equal(deaths.of('a'), 0)
      assert.deepEqual(logger.told('warn'), ['warn spool'])
      assert.match(String(logger.lines[0]?.fields['effect']), /^how often .* is not known$/)
      // Writing to a pipe without a reader waits for one for ever.
      if (what === 'a folder') await assert.rejects(deaths.add('a'), { code: /^E/ })
      else {
        await deaths.add('a')
        assert.equal((await read()).of('a'), 1)
      }
    })
  }

  for (const call of ['lstat', 'readFile']) {
    it(`is none where the disk fails ${call}, and that is told`, async () => {
      await files.writeFile(path, 'a 1\n')
      const before = (made: string): void => {
        if (made.startsWith(call)) throw systemError('EIO')
      }
      assert.equal((await read(new RecordingFiles({ folder, before }))).of('a'), 0)
      assert.equal(logger.lines[0]?.fields['code'], 'EIO')
    })
  }

  it('tells nothing where there is no file', async () => {
    await read()
    assert.deepEqual(logger.lines, [])
  })

  it('is kept whole where the disk is full', async () => {
    await (await read()).add('a')
    const before = (made: string): void => {
      if (made.startsWith('write')) throw systemError('ENOSPC')
    }
    await assert.rejects((await read(new RecordingFiles({ folder, before }))).add('a'), { code: 'ENOSPC' })
    assert.equal((await read()).of('a'), 1)
  })
})
