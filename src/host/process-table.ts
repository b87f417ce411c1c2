import { readFileSync } from 'node:fs'
import { errorCode } from '../core/errors.ts'

/**
 * Names processes so that a name never comes twice: `<pid>-<start>-<boot>`, with the start time in ticks and the
 * beginning of the boot's id as Linux tells them. A pid alone comes again, in a container at every start. Where
 * there is no /proc, the name is the pid and nothing else is to be had.
 */
export function systemProcesses(): { readonly self: string; isAlive(name: string): boolean } {
  const self = nameOf(process.pid) ?? String(process.pid)
  return {
    self,
    isAlive: (name) => {
      const pid = Number(/^\d{1,10}(?=-|$)/.exec(name)?.[0] ?? 0)
      if (pid === 0) return false
      if (pid === process.pid) return name === self
      const now = nameOf(pid)
      if (now !== undefined) return name === now
      try {
        process.kill(pid, 0)
        return true
      } catch (error) {
        // Not permitted: somebody else's, but there.
        return errorCode(error) === 'EPERM'
      }
    },
  }
}

/** Undefined where it cannot be seen. A process which has ended and only waits for its parent to notice has no name. */
function nameOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the command in parentheses and may hold anything: proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
    const start = fields[19]
    if (fields[0] === 'Z') return ''
    return start === undefined ? undefined : `${pid}-${start}-${boot}`
  } catch {
    return undefined
  }
}
