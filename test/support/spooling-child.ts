import { writeSync } from 'node:fs'
import { silentLogger } from '../../src/core/logger.ts'
import { systemProcesses } from '../../src/host/process-table.ts'
import { Spool } from '../../src/sinks/spooling/spool.ts'

/**
 * Appends numbered frames to a spool for ever, up to 20 at a time and 50 a batch, and prints each number after its
 * append resolved. The argument is the folder.
 */
const folder = process.argv[2] ?? ''
const spool = await Spool.open({ folder, logger: silentLogger, processes: systemProcesses() })
writeSync(1, 'open\n')
let next = 0
for (;;) {
  const batch = spool.begin(`b-${String(next).padStart(9, '0')}`)
  const end = next + 50
  while (next < end) {
    const appends: Promise<void>[] = []
    for (const from = next; next < end && next < from + 20; next += 1) appends.push(appendNumber(next))
    await Promise.all(appends)
  }
  await batch.seal(Buffer.from(String(next)))

  async function appendNumber(number: number): Promise<void> {
    // From a few bytes to some pages, so that a kill finds writes of all sizes.
    await batch.append(Buffer.from(`${number} ${'.'.repeat((number * 7919) % 20_000)}`))
    writeSync(1, `${number}\n`)
  }
}
