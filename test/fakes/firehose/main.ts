import { startFakeFirehose } from './http-door.ts'

/** A fake Firehose as a process of its own: prints its endpoint, then each SIGUSR2 a line of what it has got so far. */
const fake = await startFakeFirehose({ discard: true, streams: { [process.argv[2] ?? 'logs']: {} } })
console.log(fake.endpoint)
process.on('SIGUSR2', () => {
  const { deliveredRecords: records, deliveredBytes: bytes, calls } = fake.engine
  console.log(JSON.stringify({ records, bytes, calls: calls.length }))
})
