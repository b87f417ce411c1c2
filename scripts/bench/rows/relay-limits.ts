import { kernelDrops } from '../../../src/sources/sockets/kernel-drops.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { type BenchFolder, freePort, send, startSender } from '../relay/bench-folder.ts'
import { CannedFirehose } from '../relay/canned-firehose.ts'
import { Child } from '../relay/child.ts'
import type { Row } from '../row.ts'
import { fileURLToPath } from 'node:url'

const datagrams = fileURLToPath(new URL('../relay/datagrams.ts', import.meta.url))
/** Datagrams a second, one after the other until one is lost. */
const rates = [5000, 9000, 20_000, 40_000, 80_000, 160_000]
const secondsPerRate = 3
const spoolBytes = 64 * 1024 * 1024

/** The highest rate at which no datagram is lost. Each rate gets a relay of its own. */
export async function datagramRow(folder: BenchFolder): Promise<Row> {
  const steps: Step[] = []
  for (const rate of rates) {
    const step = await datagramStep(folder, rate)
    steps.push(step)
    if (step.lost > 0) break
  }
  const lossless = steps.filter(({ lost }) => lost === 0)
  const best = lossless.at(-1)?.rate ?? 0
  return {
    name: 'relay, UDP: datagrams/s without loss',
    figure: best.toLocaleString('en'),
    asked: 'at least 9,000',
    holds: best >= 9000,
    details: steps
      .map(
        ({ rate, perSecond, sent, lost, byKernel }) =>
          `${rate.toLocaleString('en')}: ${sent.toLocaleString('en')} at ${Math.round(perSecond).toLocaleString('en')}/s, ` +
          (lost === 0
            ? 'none lost'
            : `${lost.toLocaleString('en')} lost, ${byKernel.toLocaleString('en')} by the kernel`),
      )
      .join('; '),
  }
}

interface Step {
  readonly rate: number
  readonly perSecond: number
  readonly sent: number
  readonly lost: number
  readonly byKernel: number
}

async function datagramStep(folder: BenchFolder, rate: number): Promise<Step> {
  const firehose = await CannedFirehose.start()
  const port = await freePort()
  const relay = await folder.startRelay(firehose.endpoint, ['--udp-port', String(port), '--tls-port', '0'])
  const args = [datagrams, String(port), folder.corpus, String(rate), String(secondsPerRate)]
  const { sent, perSecond } = await new Child(args).figures
  await systemClock.sleep(500)
  const byKernel = (await kernelDrops(port)) ?? 0
  await relay.stop()
  const { messages } = await firehose.taken()
  return { rate, perSecond: Number(perSecond), sent: Number(sent), lost: Number(sent) - messages, byKernel }
}

/** While one segment after the other is full, made into records and uploaded, as fast as ten senders can send. */
export async function delayRow(folder: BenchFolder): Promise<Row> {
  const firehose = await CannedFirehose.start()
  const port = await freePort()
  const relay = await folder.startRelay(firehose.endpoint, ['--tcp-port', String(port), '--tls-port', '0'])
  await send(folder, port, ['tcp', 10, 40])
  const { maxDelayMs, p99DelayMs } = await relay.stop()
  await firehose.taken()
  return {
    name: 'relay, longest time its loop was blocked',
    figure: `${Number(maxDelayMs).toFixed(0)} ms`,
    asked: 'at most 50 ms',
    holds: Number(maxDelayMs) <= 50,
    details: `ten senders as fast as they can, 100 flushes of 4 MiB; p99 ${Number(p99DelayMs).toFixed(0)} ms`,
  }
}

/** Firehose takes nothing, the spool is full, and so many senders go on: they are held back. */
export async function spoolRow(folder: BenchFolder, senders: number): Promise<Row> {
  const firehose = await CannedFirehose.start('refusing')
  const port = await freePort()
  const flags = ['--tcp-port', String(port), '--tls-port', '0', '--spool-max-bytes', String(spoolBytes)]
  const relay = await folder.startRelay(firehose.endpoint, flags)
  const sender = startSender(folder, port, ['tcp', senders, 100])
  await relay.line('SPOOL_FULL')
  await systemClock.sleep(8000)
  const isHeldBack = sender.process.exitCode === null
  sender.process.kill('SIGKILL')
  // A second signal ends it at once; uploading at the end would take its 30 s.
  relay.process.kill('SIGTERM')
  const { peakRssMiB } = await relay.stop()
  await firehose.taken()
  return {
    name: `relay, peak RSS with a full spool, ${senders} senders`,
    figure: `${Number(peakRssMiB).toFixed(0)} MiB`,
    asked: 'at most 300 MiB',
    holds: Number(peakRssMiB) <= 300 && isHeldBack,
    details: isHeldBack ? 'a spool of 64 MiB; the senders are held back' : 'THE SENDERS WERE NOT HELD BACK',
  }
}
