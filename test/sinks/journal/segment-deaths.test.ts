import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SegmentDeaths } from '../../../src/sinks/journal/segment-deaths.ts'

describe('how often records have died over a segment', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await files.mkdtemp(join(tmpdir(), 'kinloader-deaths-'))
    path = join(folder, 'deaths')
  })

  afterEach(async () => {
    await files.rm(folder, { recursive: true })
  })

  it('is known to the next process', async () => {
    const deaths = await SegmentDeaths.read(path, files)
    await deaths.add('a')
    await deaths.add('a')
    assert.equal((await SegmentDeaths.read(path, files)).of('a'), 2)
    assert.equal((await SegmentDeaths.read(path, files)).of('b'), 0)
  })

  it('is counted of each by itself: some may have to stay, for want of room in quarantine', async () => {
    const deaths = await SegmentDeaths.read(path, files)
    for (const segment of ['a', 'a', 'b']) await deaths.add(segment)
    const read = await SegmentDeaths.read(path, files)
    assert.deepEqual([read.of('a'), read.of('b'), read.of('c')], [2, 1, 0])
    await read.forget('a')
    assert.equal(read.of('a'), 0)
    assert.equal((await SegmentDeaths.read(path, files)).of('b'), 1)
    await read.forget('b')
    assert.equal((await SegmentDeaths.read(path, files)).of('b'), 0)
    assert.deepEqual(await files.readdir(folder), [])
  })

  it('is kept of the last hundred', async () => {
    const deaths = await SegmentDeaths.read(path, files)
    const names = Array.from({ length: 102 }, (_, i) => `${String(i).padStart(16, '0')}-aaaaaaaa.journal`)
    for (const name of names) await deaths.add(name)
    for (const each of [deaths, await SegmentDeaths.read(path, files)]) {
      assert.deepEqual(
        names.filter((name) => each.of(name) === 0),
        names.slice(0, 2),
      )
    }
  })

  it('is none where the file is larger than can be read', async () => {
    await files.writeFile(path, 'a 1\n')
    await files.truncate(path, 3 * 1024 ** 3)
    assert.equal((await SegmentDeaths.read(path, files)).of('a'), 0)
  })

  for (const content of ['', 'a', 'a 2', 'a -1\n', 'a  1\n', ' 1\n', 'a 1 1\n', 'a 1234567890\n']) {
    it(`is none where the file holds ${JSON.stringify(content.slice(0, 12))}`, async () => {
      await files.writeFile(path, content)
      assert.equal((await SegmentDeaths.read(path, files)).of('a'), 0)
    })
  }
})
