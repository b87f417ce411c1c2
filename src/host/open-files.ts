import { readFileSync } from 'node:fs'

/**
 * How many files, sockets included, this process may have open at once: the soft limit, which Node raises to the hard
 * one when it starts. Undefined where there is no limit, or none can be seen: only Linux shows it (proc_pid_limits(5)).
 */
export function openFilesLimit(read: () => string = ownLimits): number | undefined {
  try {
    const soft = /^Max open files +(\d+) /m.exec(read())?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

function ownLimits(): string {
  return readFileSync('/proc/self/limits', 'latin1')
}
