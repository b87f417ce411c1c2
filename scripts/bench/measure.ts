/** What a run has cost this process so far, for the one line of JSON which each part of the bench prints. */
export class Measure {
  readonly #startedMs = performance.now()
  readonly #cpu = process.cpuUsage()

  /** On standard error: standard output is the pipe which is measured. */
  print(fields: Readonly<Record<string, number | string>>): void {
    const { user, system } = process.cpuUsage(this.#cpu)
    const costs = {
      cpuSeconds: (user + system) / 1e6,
      wallSeconds: (performance.now() - this.#startedMs) / 1000,
      peakRssMiB: process.resourceUsage().maxRSS / 1024,
    }
    process.stderr.write(`${JSON.stringify({ ...fields, ...costs })}\n`)
  }
}
