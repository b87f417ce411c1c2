import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskFile } from '../../../src/sinks/file/disk-file.ts'

describe('a file on a disk', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kinloader-file-'))
    path = join(folder, 'out')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('is written at its end, cut where one says, and closed twice', async () => {
    writeFileSync(path, 'before ')
    const file = await DiskFile.open(path)
    await file.write(Buffer.from('after'))
    assert.equal(readFileSync(path, 'utf8'), 'before after')
    assert.equal(await file.size(), 12)
    await file.cut(7)
    await file.write(Buffer.from('again'))
    await file.sync()
    assert.equal(readFileSync(path, 'utf8'), 'before again')
    await Promise.all([file.close(), file.close()])
  })

  it('is known again under its name until that is another one’s', async () => {
    const [one, again] = [await DiskFile.open(path), await DiskFile.open(path)]
    const identity = await one.identity()
    assert.ok(identity !== undefined)
    assert.equal(await again.identity(), identity)
    const other = await DiskFile.open(join(folder, 'other'))
    assert.notEqual(await other.identity(), identity)
    await Promise.all([one.close(), again.close(), other.close()])
  })

  it('may be a device, which has no size, no end and no sync', async () => {
    const file = await DiskFile.open('/dev/null')
    assert.equal(await file.identity(), undefined)
    await file.cut(0)
    await file.write(Buffer.from('x'))
    await file.sync()
    await file.close()
  })

  it('says in one sentence that the disk is full', async () => {
    const file = await DiskFile.open('/dev/full')
    await assert.rejects(file.write(Buffer.from('x')), {
      code: 'OUTPUT_UNWRITABLE',
      message: 'Failed to write /dev/full: the disk is full (ENOSPC).',
    })
    await file.close()
  })

  it('cannot be opened where there is no folder', async () => {
    await assert.rejects(DiskFile.open(join(folder, 'none', 'out')), { code: 'ENOENT' })
  })
})
