import assert from 'node:assert/strict'
import { EventBatch, lineOf } from '../../../src/sinks/kinesis/event-batch.ts'
import { Packing } from '../../../src/sinks/kinesis/packing.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { noise } from '../../support/sender-run.ts'

const maxRecordBytes = 64 * 1024

function packing(encId: bigint): Packing {
  return new Packing({ encId, maxRecordBytes, nextBlockId: () => 2n ** 53n })
}

describe('packing for Kinesis', () => {
  for (const unbroken of [false, true]) {
    it(`makes no record above the limit of an event which just fits, ${unbroken ? 'chained' : 'alone'}`, async () => {
      for (let seed = 1; seed <= 12; seed++) {
        const random = new SeededRandom(seed)
        const bytes = noise(2 * maxRecordBytes, random)
        const event = (length: number) => ({ message: bytes.subarray(0, length), source: 's', unbroken })
        const own = packing(BigInt(Math.floor(random.next() * 2 ** 53)))
        let fitting = 0
        for (let step = 2 ** 16; step >= 1; step /= 2) {
          const tried = event(fitting + step)
          if (own.fits(tried, lineOf(tried))) fitting += step
        }
        assert.ok(fitting > 0.9 * maxRecordBytes, `${fitting} bytes fit`)
        const batch = new EventBatch('id', 0)
        batch.add(event(fitting), lineOf(event(fitting)))
        const digits = Array.from({ length: 24 }, () => Math.floor(random.next() * 16).toString(16)).join('')
        // A batch which waited on disk is packed by another process.
        const later = packing(BigInt(Math.floor(random.next() * 2 ** 53)) * 1000n)
        const { records } = await later.pack(`${digits}-${digits.slice(0, 8)}`, batch.groups, maxRecordBytes)
        assert.equal(records.length, 1)
        assert.ok((records[0]?.bytes ?? Infinity) <= maxRecordBytes, `seed ${seed}: ${records[0]?.bytes} bytes`)
      }
    })
  }
})
