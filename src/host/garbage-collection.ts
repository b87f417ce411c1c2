import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Tells V8 that this program makes much garbage and keeps nothing. To be called first; measured on dumpstream and
 * logdecode, where it halves the CPU and the memory.
 *
 * - The young generation stays as small as it starts. It would double whenever as much as its size has survived, in the
 *   end to two times 32 MiB; collecting more often costs such a program nothing that could be measured.
 * - No work in other threads: large buffers, which are not on the heap, start collections over and over, for a heap
 *   which is nearly empty. Threads cost more there than they take off, most of all where processors are few.
 */
export function collectFrugally(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  for (const flag of threadedFlags) setFlagsFromString(`--no-${flag}`)
}

/** What `--single-threaded-gc` turns off. Not parallel marking: a V8 which runs already ends with a fatal error. */
const threadedFlags = [
  'concurrent-marking',
  'concurrent-sweeping',
  'concurrent-array-buffer-sweeping',
  'parallel-compaction',
  'parallel-pointer-update',
  'parallel-scavenge',
]

/**
 * Returns a function which collects all garbage at once, some milliseconds. For a program whose garbage is buffers: V8
 * counts them in full only after its first collection, which it starts at 64 MiB and ends near 100, and what a process
 * has once had it keeps.
 */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
