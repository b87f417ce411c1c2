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

  it('begins anew for another one', async () => {
    const deaths = await SegmentDeaths.read(path, files)
    await deaths.add('a')
    await deaths.add('b')
    assert.deepEqual([deaths.of('a'), deaths.of('b')], [0, 1])
    await deaths.forget('a')
    assert.equal((await SegmentDeaths.read(path, files)).of('b'), 1)
    await deaths.forget('b')
    assert.equal((await SegmentDeaths.read(path, files)).of('b'), 0)
    assert.deepEqual(await files.readdir(folder), [])
  })

  it('is none where the file is larger than can be read', async () => {
    await files.writeFile(path, 'a 1\n')
    await files.truncate(path, 3 * 1024 ** 3)
    assert.equal((await SegmentDeaths.read(path, files)).of('a'), 0)
  })

  for (const content of ['', 'a', 'a 2', 'a -1\n', 'a 1\nb 1\n', 'a 1234567890\n']) {
    it(`is none where the file holds ${JSON.stringify(content.slice(0, 12))}`, async () => {
      await files.writeFile(path, content)
      assert.equal((await SegmentDeaths.read(path, files)).of('a'), 0)
    })
  }
})
