import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../bundled.ts'
import { type Canned, startCanned } from '../canned.ts'
import { payloadUnitBytes } from '../canned-puts.ts'
import { corpus } from '../corpus.ts'
import { kplAggregates } from '../kpl.ts'
import { lineBytes, logLines } from '../log-lines.ts'
import { type Figures, runPiped } from '../piped.ts'
import { median, type Row } from '../row.ts'

const runs = 5
const events = 1_000_000
const shards = 16
/** As long as the keys of the log sender's own records. */
const partitionKey = 'broken-1234567890123456789'

const floorProgram = fileURLToPath(new URL('../floors/put-records.ts', import.meta.url))
const senderProgram = fileURLToPath(new URL('../sender.ts', import.meta.url))

/** Events in memory to a PutRecords which takes everything at once, the log sender and its floor in turn. */
export async function senderRows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kinloader-bench-'))
  const canned = await startCanned({ shards, 'records-per-answer': 1, 'answers-per-shard': 1 })
  try {
    const sender = path.join(folder, 'sender.js')
    await bundle(senderProgram, sender)
    const lines = path.join(folder, 'lines')
    writeLines(lines, logLines(events))
    const ours: Sent[] = [await sent(canned, [sender, canned.endpoint, lines])]
    const floors: Sent[] = []
    const { taken } = ours[0] ?? never()
    // The floor puts as many records, of the same size, with as many calls.
    const sizes = [taken.events / taken.records, taken.records / taken.requests].map((size) => String(Math.round(size)))
    for (let run = 0; run < runs; run += 1) {
      floors.push(await sent(canned, ['--no-warnings', floorProgram, canned.endpoint, lines, ...sizes]))
      if (run > 0) ours.push(await sent(canned, [sender, canned.endpoint, lines]))
    }
    writeLines(lines, randomLines(events / 10))
    const random = await sent(canned, [sender, canned.endpoint, lines])
    return [speedRow(ours, floors), sizeRow(taken, random.taken)]
  } finally {
    await canned.close()
    rmSync(folder, { recursive: true })
  }
}

/** What the canned Kinesis says it was given. */
interface Taken {
  readonly requests: number
  readonly records: number
  readonly events: number
  readonly wireBytes: number
  readonly payloadUnits: number
  readonly sha256: string
}

interface Sent {
  readonly process: Figures
  readonly taken: Taken
}

async function sent({ endpoint }: Canned, args: readonly string[]): Promise<Sent> {
  const env = { AWS_ACCESS_KEY_ID: 'AKIABENCH', AWS_SECRET_ACCESS_KEY: 'bench' }
  const { writer } = await runPiped({ args, env, isRead: false })
  const answer = await fetch(endpoint, { method: 'POST', headers: { 'x-amz-target': 'Bench.Taken' }, body: '{}' })
  return { process: writer, taken: (await answer.json()) as Taken }
}

function speedRow(ours: readonly Sent[], floors: readonly Sent[]): Row {
  const cpu = (list: readonly Sent[]): number => median(list.map(({ process }) => Number(process['cpuSeconds'])))
  const ratio = cpu(floors) / cpu(ours)
  const all = [...ours, ...floors]
  const isWhole = all.every(({ taken }) => taken.events === events && taken.sha256 === all[0]?.taken.sha256)
  const { records = 0, requests = 0 } = ours[0]?.taken ?? {}
  return {
    name: 'log sender: CPU of the floor / ours',
    figure: ratio.toFixed(2),
    asked: 'at least 0.60',
    holds: ratio >= 0.6 && isWhole,
    details: [
      isWhole ? 'same events' : 'DIFFERENT EVENTS',
      `${(events / cpu(ours) / 1e6).toFixed(2)} M events/CPU s`,
      `${((events * lineBytes) / cpu(ours) / 1e6).toFixed(0)} MB/s of text`,
      `${Math.round(events / records)} events a record, ${Math.round(records / requests)} records a call`,
      `peak ${median(ours.map(({ process }) => Number(process['peakRssMiB']))).toFixed(0)} MiB with the ${Math.round((events * lineBytes) / 2 ** 20)} MiB of lines`,
    ].join(', '),
  }
}

function sizeRow(ours: Taken, random: Taken): Row {
  const kpl = aggregated(logLines(events / 10))
  const wire = ours.wireBytes / ours.events
  const ratio = wire / kpl.wireBytes
  const ofRandom = random.wireBytes / random.events / aggregated(randomLines(events / 10)).wireBytes
  const units = (count: number): string => Math.round(count * 1e6).toLocaleString('en')
  const single = lineBytes + partitionKey.length
  return {
    name: 'bytes put / those of KPL-like aggregates',
    figure: ratio.toFixed(3),
    asked: 'at most 0.350',
    holds: ratio <= 0.35,
    details: [
      `per event ${wire.toFixed(1)} B, aggregated ${kpl.wireBytes.toFixed(1)} B, one a record ${single} B`,
      `PUT payload units per million events ${units(ours.payloadUnits / ours.events)}, aggregated ${units(kpl.payloadUnits)}, ` +
        'one a record 1,000,000',
      `${ofRandom.toFixed(3)} where four tenths of the text are random letters`,
    ].join('; '),
  }
}

/** Of one event, data and partition keys. */
function aggregated(lines: Iterable<string>): { readonly wireBytes: number; readonly payloadUnits: number } {
  let [count, wireBytes, payloadUnits] = [0, 0, 0]
  const counted = function* (): Generator<string> {
    for (const line of lines) {
      count += 1
      yield line
    }
  }
  for (const { length } of kplAggregates(counted(), partitionKey)) {
    wireBytes += length + partitionKey.length
    payloadUnits += Math.ceil((length + partitionKey.length) / payloadUnitBytes)
  }
  return { wireBytes: wireBytes / count, payloadUnits: payloadUnits / count }
}

/** The corpus of the other rows, in lines of the same length. */
function* randomLines(count: number): Generator<string> {
  for (const record of corpus({ records: count / 1000, eventsPerRecord: 1000, eventBytes: lineBytes })) {
    for (const { message } of record) yield message
  }
}

function writeLines(file: string, lines: Iterable<string>): void {
  writeFileSync(file, `${[...lines].join('\n')}\n`)
}

function never(): never {
  throw new Error('nothing was sent')
}
