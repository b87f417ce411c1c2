import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Tells V8 that this program makes much garbage and keeps nothing. To be called first; measured on dumpstream and
 * logdecode, where it halves the CPU and the memory.
 *
 * - The young generation stays as small as it starts. It would double whenever as much as its size has survived, in the
 *   end to two times 32 MiB; collecting more often costs such a program nothing that could be measured.
 * - Each collection at once and alone: neither in steps nor by other threads. Large buffers, which are not on the heap,
 *   start collections over and over, for a heap which is nearly empty; the steps cost three times what they spare.
 */
export function collectFrugally(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  for (const flag of helpFlags) setFlagsFromString(`--no-${flag}`)
}

/**
 * What `--single-threaded-gc` turns off, and steps. Not parallel marking: with that a V8 which runs already ends by a
 * fatal error.
 */
const helpFlags = [
  'incremental-marking',
  'concurrent-marking',
  'concurrent-sweeping',
  'concurrent-array-buffer-sweeping',
  'parallel-compaction',
  'parallel-pointer-update',
  'parallel-scavenge',
]

/**
 * Returns a function which collects all garbage at once, in about 15 ms on a small heap. For a program whose garbage is
 * buffers: V8 lets 64 MiB of them lie about before it collects, and what a process has once taken it keeps.
 */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/**
 * Returns a function which collects what is young, in about a millisecond. For a thread which makes few objects but
 * large buffers: V8 looks for young garbage when objects fill its space, but counts the buffers until it has to look
 * through everything, which takes 15.
 */
export function youngGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
  return () => {
    collect({ type: 'minor' })
  }
}

/**
 * The same for a program whose heap stays small while buffers come and go, which V8 counts when it decides that the
 * heap is due. The old generation may grow to three times its size, and that of threads started from now on to 32 MiB,
 * before it is: with 64 MiB a dozen of the relay's 35 full collections for 200 MB of messages were left.
 */
export function collectSeldom(): void {
  collectFrugally()
  setFlagsFromString('--heap-growing-percent=200')
  setFlagsFromString('--initial-old-space-size=32')
}
