import { fileURLToPath } from 'node:url'
import { runPiped } from '../piped.ts'
import { median, type Row } from '../row.ts'

const runs = 5
const batches = 300

/** Events in memory to a pipe: Splunk's own SDK and our sink, in turn; and what a runner's `process.exit` costs there. */
export async function eventWriterRow(): Promise<Row> {
  const program = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
  const theirs: number[] = []
  const ours: number[] = []
  let lost = 0
  for (let run = 0; run < runs; run += 1) {
    const sdk = await runPiped({ args: ['--no-warnings', program('event-writer.ts'), String(batches)] })
    const sink = await runPiped({ args: ['--no-warnings', program('splunk-pipe.ts'), String(batches)] })
    theirs.push(Number(sdk.writer['cpuSeconds']))
    ours.push(Number(sink.writer['cpuSeconds']))
    lost += Number(sink.writer['events']) - Number(sink.reader['events'])
  }
  // A splunkd which is busy for a second: nothing of ours may be lost, with the program ending as soon as it is done.
  const slow = await runPiped({
    args: ['--no-warnings', program('splunk-pipe.ts'), String(batches)],
    readerPauseMs: 1000,
  })
  lost += Number(slow.writer['events']) - Number(slow.reader['events'])
  const cut = await runPiped({
    args: ['--no-warnings', program('event-writer.ts'), String(batches), '--exit'],
    readerPauseMs: 1000,
  })
  const sdkLost = Number(cut.writer['events']) - Number(cut.reader['events'])
  const ratio = median(theirs) / median(ours)
  return {
    name: 'CPU of the SDK’s EventWriter / ours',
    figure: ratio.toFixed(1),
    asked: 'at least 3.0',
    holds: ratio >= 3 && lost === 0,
    details: `${batches * 1000} events; lost by ours ${lost}, a slow reader included; by the SDK when it exits as its runner does ${sdkLost}`,
  }
}
