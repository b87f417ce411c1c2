import { MemoryCheckpointStore } from '../../src/checkpoints/memory.ts'
import { checkpointStoreContract } from '../contracts/checkpoint-store.ts'

checkpointStoreContract('memory', async () => {
  const readers = new Map<string, Map<string, string>>()
  return {
    open(reader) {
      const entries = readers.get(reader) ?? new Map<string, string>()
      readers.set(reader, entries)
      return new MemoryCheckpointStore(entries)
    },
    async close() {},
  }
})
