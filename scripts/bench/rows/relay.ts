import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figures } from '../piped.ts'
import { BenchFolder, freePort, send } from '../relay/bench-folder.ts'
import { CannedFirehose, type Taken } from '../relay/canned-firehose.ts'
import { Child } from '../relay/child.ts'
import { corpusMessages } from '../relay/messages.ts'
import { otherDaemons } from '../relay/other-daemons.ts'
import { median, type Row } from '../row.ts'
import { datagramRow, delayRow, spoolRow } from './relay-limits.ts'

const runs = 5
const times = 100
const messages = corpusMessages * times
const floor = fileURLToPath(new URL('../floors/relay.ts', import.meta.url))

interface Load {
  readonly transport: 'tcp' | 'tls'
  readonly connections: number
}

/** What a receiver was, what its sender was, and what it has kept. */
interface Run {
  readonly receiver: Figures
  readonly sender: Figures
  readonly taken: Taken
}

/** Messages of 200 bytes from another process through the relay to a Firehose, against the floor and other daemons. */
export async function relayRows(): Promise<readonly Row[]> {
  const folder = await BenchFolder.make()
  try {
    return [
      await speedRow(folder, { transport: 'tcp', connections: 1 }),
      await speedRow(folder, { transport: 'tcp', connections: 10 }),
      await speedRow(folder, { transport: 'tls', connections: 1 }),
      ...(await otherDaemons(folder, times)),
      await datagramRow(folder),
      await delayRow(folder),
      await spoolRow(folder, 10),
      await spoolRow(folder, 1000),
    ]
  } finally {
    folder.remove()
  }
}

async function speedRow(folder: BenchFolder, load: Load): Promise<Row> {
  const [ours, floors]: [Run[], Run[]] = [[], []]
  for (let run = 0; run < runs; run += 1) {
    floors.push(await runFloor(folder, load))
    ours.push(await runRelay(folder, load))
  }
  const { transport, connections } = load
  const all = [...ours, ...floors]
  const isWhole = all.every(({ taken }) => taken.messages === messages && taken.digest === all[0]?.taken.digest)
  const ratio = cpu(floors) / cpu(ours)
  const isAsked = transport === 'tcp'
  return {
    name: `relay, ${transport.toUpperCase()}, ${connections} connection${connections > 1 ? 's' : ''}: CPU of the floor / ours`,
    figure: ratio.toFixed(2),
    asked: isAsked ? 'at least 0.50' : '',
    holds: (ratio >= 0.5 || !isAsked) && isWhole,
    details: [
      isWhole ? 'same messages' : 'DIFFERENT MESSAGES',
      `${cpu(ours).toFixed(2)} CPU s per million, floor ${cpu(floors).toFixed(2)}`,
      `${rate(ours)} messages/s, floor ${rate(floors)}`,
      `peak ${peak(ours)} MiB, floor ${peak(floors)} MiB`,
    ].join('; '),
  }
}

async function runRelay(folder: BenchFolder, { transport, connections }: Load): Promise<Run> {
  const firehose = await CannedFirehose.start()
  const port = await freePort()
  const tls = ['--tls-port', String(port), '--cert', folder.certificate, '--key', folder.key]
  const flags = transport === 'tls' ? tls : ['--tcp-port', String(port), '--tls-port', '0']
  const relay = await folder.startRelay(firehose.endpoint, flags)
  const sender = await send(folder, port, [transport, connections, times])
  const receiver = await relay.stop()
  return { receiver, sender, taken: await firehose.taken() }
}

async function runFloor(folder: BenchFolder, { transport, connections }: Load): Promise<Run> {
  const file = path.join(folder.path, 'floor.gz')
  const pair = transport === 'tls' ? [folder.certificate, folder.key] : []
  const least = new Child(['--no-warnings', floor, file, ...pair])
  const port = Number(/port=(\d+)/.exec(await least.line('at=listening'))?.[1])
  const sender = await send(folder, port, [transport, connections, times])
  const receiver = await least.stop()
  return { receiver, sender, taken: await (await CannedFirehose.start()).taken(file) }
}

/** Seconds per million messages. */
function cpu(list: readonly Run[]): number {
  return (median(list.map(({ receiver }) => Number(receiver['cpuSeconds']))) / messages) * 1e6
}

function rate(list: readonly Run[]): string {
  const perSecond = messages / median(list.map(({ sender }) => Number(sender['wallSeconds'])))
  return Math.round(perSecond).toLocaleString('en')
}

function peak(list: readonly Run[]): string {
  return Math.max(...list.map(({ receiver }) => Number(receiver['peakRssMiB']))).toFixed(0)
}
