import { readFileSync, writeSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

// Loaded into the relay with --import: tells at its end what the process has cost since SIGUSR2, all threads together,
// and how long its loop was kept from working: the start of a daemon is not what a message costs. The peak is the system's own: that of `resourceUsage` begins with the
// memory of whoever started the process.
if (isMainThread) {
  const delays = monitorEventLoopDelay({ resolution: 5 })
  let before = process.cpuUsage()
  process.on('SIGUSR2', () => {
    before = process.cpuUsage()
    delays.enable()
  })
  process.on('exit', () => {
    const { user, system } = process.cpuUsage(before)
    const peakRssMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024
    const [maxDelayMs, p99DelayMs] = [delays.max / 1e6, delays.percentile(99) / 1e6]
    writeSync(2, `${JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakRssMiB, maxDelayMs, p99DelayMs })}\n`)
  })
}
