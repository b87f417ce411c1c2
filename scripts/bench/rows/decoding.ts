import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildCommands } from '../../build-commands.ts'
import { startCanned } from '../canned.ts'
import { writeDump } from '../dump-file.ts'
import { type Figures, runPiped, runPipeline } from '../piped.ts'
import { median, type Row } from '../row.ts'

const runs = 5
const dumpBytes = 1_000_000_000
const maxRssMiB = 150

const onExit = fileURLToPath(new URL('../on-exit.ts', import.meta.url))
const floor = (name: string): string => fileURLToPath(new URL(`../floors/${name}.ts`, import.meta.url))

/** A dump of 1 GB in a file, and a stream through `dumpstream | logdecode`: the commands and their floors in turn. */
export async function decodingRows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kinloader-bench-'))
  try {
    await buildCommands(path.join(folder, 'bin'))
    const command = (name: string): string[] => ['--import', onExit, path.join(folder, 'bin', `${name}.js`)]
    return [...(await fileRows(folder, command('logdecode'))), ...(await pipeRows(command))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function fileRows(folder: string, logdecode: readonly string[]): Promise<readonly Row[]> {
  const file = path.join(folder, 'dump')
  const bytes = writeDump(file, dumpBytes)
  const run = async (args: readonly string[]): Promise<Run> => {
    const input = openSync(file, 'r')
    const { writer, reader } = await runPiped({ args, input, text: 'bytes' })
    closeSync(input)
    return { processes: [writer], reader }
  }
  const { ours, floors } = await alternating(
    () => run(logdecode),
    () => run(['--no-warnings', floor('logdecode')]),
  )
  return rows('logdecode, a dump of 1 GB', bytes, ours, floors)
}

async function pipeRows(command: (name: string) => string[]): Promise<readonly Row[]> {
  const canned = await startCanned({ shards: 40, 'answers-per-shard': 10 })
  try {
    const env = { AWS_ACCESS_KEY_ID: 'AKIABENCH', AWS_SECRET_ACCESS_KEY: 'bench', AWS_REGION: 'us-east-1' }
    const run = async (first: readonly string[], second: readonly string[]): Promise<Run> => {
      const piped = await runPipeline(first, second, { env, text: 'lines' })
      return { processes: [piped.first, piped.second], reader: piped.reader }
    }
    const flags = ['--stream-name', 'bench', '--endpoint-url', canned.endpoint, '--max-rate', '10000']
    const dumpstream = [...command('dumpstream'), ...flags, '--default-to-horizon', '--until-now']
    const { ours, floors } = await alternating(
      () => run(dumpstream, command('logdecode')),
      () => run(['--no-warnings', floor('dumpstream'), canned.endpoint], ['--no-warnings', floor('logdecode')]),
    )
    return rows('dumpstream | logdecode', canned.bytesIn, ours, floors)
  } finally {
    await canned.close()
  }
}

interface Run {
  /** In the order of the pipe. */
  readonly processes: readonly Figures[]
  readonly reader: Figures
}

async function alternating(
  product: () => Promise<Run>,
  least: () => Promise<Run>,
): Promise<{ readonly ours: readonly Run[]; readonly floors: readonly Run[] }> {
  const [ours, floors]: [Run[], Run[]] = [[], []]
  for (let run = 0; run < runs; run += 1) {
    floors.push(await least())
    ours.push(await product())
  }
  return { ours, floors }
}

function rows(name: string, bytesIn: number, ours: readonly Run[], floors: readonly Run[]): readonly Row[] {
  const cpu = (list: readonly Run[]): number => median(list.map((run) => sum(run, 'cpuSeconds')))
  const ratio = cpu(floors) / cpu(ours)
  const sums = new Set([...ours, ...floors].map(({ reader }) => reader['sha256']))
  const bytesOut = Number(ours[0]?.reader['bytesOut'])
  const peaks = (ours[0]?.processes ?? []).map((_, i) =>
    Math.max(...ours.map(({ processes }) => Number(processes[i]?.['peakRssMiB']))),
  )
  const peak = Math.max(...peaks)
  return [
    {
      name: `${name}: CPU of the floor / ours`,
      figure: ratio.toFixed(2),
      asked: 'at least 0.60',
      holds: ratio >= 0.6 && sums.size === 1,
      details: [
        sums.size === 1 ? 'same bytes' : 'DIFFERENT BYTES',
        `in ${(bytesIn / cpu(ours) / 1e6).toFixed(0)} MB/CPU s`,
        `out ${(bytesOut / cpu(ours) / 1e6).toFixed(0)} MB/CPU s`,
        `${((cpu(ours) / bytesOut) * 1e9).toFixed(2)} CPU s/GB out, floor ${((cpu(floors) / bytesOut) * 1e9).toFixed(2)}`,
        `${(bytesOut / 1e9).toFixed(2)} GB out`,
      ].join(', '),
    },
    {
      name: `${name}: peak RSS`,
      figure: `${peak.toFixed(0)} MiB`,
      asked: `at most ${maxRssMiB} MiB`,
      holds: peak <= maxRssMiB,
      details: `the most of ${runs} runs${peaks.length > 1 ? `: ${peaks.map((one) => one.toFixed(0)).join(' and ')} MiB` : ''}`,
    },
  ]
}

function sum({ processes }: Run, figure: string): number {
  return processes.reduce((total, one) => total + Number(one[figure]), 0)
}
