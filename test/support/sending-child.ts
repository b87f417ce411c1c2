import { writeSync } from 'node:fs'
import { openLogSender } from '../../src/wiring/log-sender.ts'

/**
 * Writes numbered events for ever and prints each number after its write resolved. Arguments: endpoint, spool folder,
 * first number.
 */
const [endpoint = '', spoolFolder = '', first = '0'] = process.argv.slice(2)
const sender = await openLogSender({
  stream: 'logs',
  region: 'us-east-1',
  endpoint,
  spoolFolder,
  flushIntervalMs: 20,
  maxPendingBytes: 100_000,
  probe: false,
})
for (let number = Number(first); ; ) {
  const writes: Promise<void>[] = []
  for (const end = number + 20; number < end; number += 1) writes.push(writeNumber(number))
  await Promise.all(writes)
}

async function writeNumber(number: number): Promise<void> {
  await sender.write({ message: `${number}`, source: `source ${number % 3}` })
  writeSync(1, `${number}\n`)
}
