import { KinloaderError } from '../../../src/core/errors.ts'
import { MemoryRecords } from '../../../src/sinks/firehose/memory-records.ts'
import type { WaitingRecord } from '../../../src/sinks/firehose/record-store.ts'
import { recordStoreContract } from '../../contracts/record-store.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

recordStoreContract('memory', async () => {
  const clock = new VirtualClock()
  const store = new MemoryRecords(() => clock.now())
  const read = store.read.bind(store)
  const damaged = new Set<string>()
  const contents = new Map<string, Uint8Array>()
  store.read = async (record: WaitingRecord) => {
    if (damaged.has(record.name)) throw new KinloaderError('EIO', 'This record is damaged.')
    return read(record)
  }
  return {
    store,
    async add(...records) {
      await clock.advance(1)
      for (const [i, { name }] of store.add(...records).entries()) contents.set(name, records[i] ?? Buffer.alloc(0))
    },
    async damage({ name }) {
      damaged.add(name)
    },
    async quarantined() {
      return store.quarantined.map(({ record }) => contents.get(record.name) ?? Buffer.alloc(0))
    },
    async end() {},
  }
})
