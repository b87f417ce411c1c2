import { writeSync } from 'node:fs'

// Loaded into the product with --import: tells at its end what the process has cost, as the floors do themselves.
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const costs = {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: performance.now() / 1000,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
  }
  writeSync(2, `${JSON.stringify(costs)}\n`)
})
