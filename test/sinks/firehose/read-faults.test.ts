import assert from 'node:assert/strict'
import { KinloaderError } from '../../../src/core/errors.ts'
import { ReadFaults } from '../../../src/sinks/firehose/read-faults.ts'

function record(name: string): { name: string; bytes: number; sinceMs: number } {
  return { name, bytes: 10, sinceMs: 0 }
}

describe('faults of reading records', () => {
  const [ill, well] = [record('ill'), record('well')]
  let faults: ReadFaults
  beforeEach(() => {
    faults = new ReadFaults()
  })

  /** After how many faults of this kind the record is hopeless, with so many reads of another before each. */
  function lasts(code: string, reads: number): number {
    for (let count = 1; count <= 1000; count++) {
      for (let read = 0; read < reads; read++) faults.wasRead(well)
      if (faults.failed(ill, new KinloaderError(code, 'no'))) return count
    }
    return Infinity
  }

  it('are proof when others were read in between', () => {
    assert.equal(lasts('EIO', 0), Infinity)
    faults.wasRead(ill)
    assert.equal(lasts('EIO', 1), 15)
    // Which could not be put aside: there is no need to find it out again.
    assert.equal(lasts('EIO', 0), 1)
    faults.forget(ill)
    assert.equal(lasts('', 3), 15)
  })

  it('are proof at once where the file itself is not what it should be', () => {
    for (const code of ['ENOENT', 'EISDIR', 'EUCLEAN', 'SPOOL_DAMAGED']) assert.equal(lasts(code, 0), 1)
  })

  it('are none where the machine is short of something', () => {
    for (const code of ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY', 'EINTR']) {
      assert.equal(lasts(code, 1), Infinity, code)
    }
  })
})
