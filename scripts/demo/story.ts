import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeSplunkd } from '../../test/fakes/splunkd/server.ts'
import { localRegion, type LocalStream, startLocalStream } from './local-stream.ts'
import { LogLines } from './log-lines.ts'
import { LogSender } from './log-sender.ts'
import type { Verdict } from './ledger.ts'
import { grouped, shortShard } from './live-view.ts'
import { packagedInput } from './packaged-input.ts'
import type { Screen } from './screen.ts'
import { Splunkd } from './splunkd.ts'
import type { Stage } from './stage.ts'

export interface StoryOptions {
  readonly screen: Screen
  readonly stage: Stage
  readonly fail: (error: Error) => void
  /** Gets what must be undone at the end, whatever happens; the last is undone first. */
  readonly onEnd: (undo: () => Promise<void>) => void
}

const streamName = 'demo-logs'
const linesPerSecond = 3000
/** All lines stay in memory until they are checked. */
const maxLines = 200_000

/**
 * The demo from beginning to end: a stream, the packaged input on it, a split and a restart while lines flow. Resolves
 * with the comparison of what was put and what came out.
 */
export async function runStory(options: StoryOptions): Promise<Verdict> {
  const { screen, stage, fail, onEnd } = options
  const splunkd = await install(options)

  screen.begin('starting Kinesis')
  const stream = await startLocalStream(streamName, 2, onEnd)
  screen.done(`kinesis-local at ${stream.endpoint}, stream ${streamName}, 2 shards`)

  const params = paramsFor(stream)
  await introduce(screen, splunkd, params)

  const ended = new AbortController()
  const sender = new LogSender({
    stream,
    lines: new LogLines(20_261_120),
    ledger: stage.ledger,
    linesPerSecond,
    maxLines,
  })
  onEnd(async () => {
    ended.abort()
  })
  stage.showShards(await stream.parents())
  stage.open()

  screen.begin('putting and reading log lines')
  const start = (): void => {
    const input = splunkd.run(params, stage.onEvent)
    onEnd(async () => {
      await input.terminate(2000)
    })
    stage.put(input)
  }
  const putting = sender.run(ended.signal)
  putting.catch((cause: unknown) => {
    fail(new Error(`Putting into the local Kinesis failed: ${String(cause)}`))
  })
  start()
  await stage.until(() => stage.ledger.indexed > 0, 30_000, 'No event came out of the input within 30 s.')
  await stage.pause(6000)
  screen.done(`${grouped(stage.ledger.indexed)} events so far`)

  await split(screen, stage, stream)
  await restart(screen, stage, start)

  screen.begin('draining')
  await stage.pause(2000)
  ended.abort()
  await putting
  await drain(stage)
  screen.done('every line that was put has come out')

  screen.begin('stopping the input')
  const tookMs = await stage.takeOff()
  screen.done(`SIGTERM, exit 0 after ${tookMs} ms`)
  return stage.ledger.verdict(await stream.parents())
}

async function install({ screen, onEnd }: StoryOptions): Promise<Splunkd> {
  screen.begin('building and installing the app')
  const home = mkdtempSync(join(tmpdir(), 'kinloader-demo-'))
  const installing = packagedInput(home)
  onEnd(async () => {
    // Whoever interrupts the build waits for its end: it would make anew what is removed here.
    await installing.catch(() => undefined)
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })
  const input = await installing
  const megabytes = (input.archiveBytes / 1_000_000).toFixed(1)
  screen.done(`kinloader.tar.gz, ${megabytes} MB, is started as ${input.launcher}`)
  const management = await FakeSplunkd.start({ https: true })
  onEnd(() => management.stop())
  return new Splunkd(home, input, management)
}

/** No more than a user would fill in, but for the local endpoint, the beginning of the stream, and figures every second. */
function paramsFor(stream: LocalStream): Readonly<Record<string, string>> {
  return {
    stream: stream.name,
    region: localRegion,
    endpoint: stream.endpoint,
    initial_position: 'trim_horizon',
    metrics_interval: '1s',
  }
}

async function introduce(screen: Screen, splunkd: Splunkd, params: Readonly<Record<string, string>>): Promise<void> {
  screen.begin('--scheme')
  const { title, argumentCount } = await splunkd.scheme()
  screen.done(`"${title}", ${argumentCount} arguments`)

  screen.begin('--validate-arguments, a misspelt stream')
  const refusal = await splunkd.validate({ ...params, stream: 'demo-lgos' })
  if (refusal === undefined) throw new Error('The input took arguments which are wrong.')
  screen.done(`refused: "${refusal}"`)

  screen.begin('--validate-arguments')
  const problem = await splunkd.validate(params)
  if (problem !== undefined) throw new Error(`The input refused its arguments: ${problem}`)
  screen.done('accepted')
}

async function split(screen: Screen, stage: Stage, stream: LocalStream): Promise<void> {
  screen.begin('splitting a shard')
  const before = await stream.parents()
  const [parent = ''] = before.keys()
  await stream.split(parent)
  const after = await stream.parents()
  stage.showShards(after)
  const children = [...after.keys()].filter((shardId) => !before.has(shardId))
  await stage.until(
    () => children.every((child) => stage.ledger.countOf(child).indexed > 0),
    30_000,
    `No event of ${children.join(' and ')} came out within 30 s after the split.`,
  )
  await stage.pause(4000)
  screen.done(`${shortShard(parent)} became ${children.map(shortShard).join(' and ')}, which are read after it`)
}

async function restart(screen: Screen, stage: Stage, start: () => void): Promise<void> {
  screen.begin('stopping the input')
  const tookMs = await stage.takeOff()
  const { indexed } = stage.ledger
  await stage.pause(2500)
  screen.done(`SIGTERM, exit 0 after ${tookMs} ms; ${grouped(stage.ledger.put - indexed)} lines wait by now`)

  screen.begin('restarting the input')
  start()
  await stage.until(() => stage.ledger.indexed > indexed, 30_000, 'No new event came out within 30 s of the restart.')
  await stage.until(
    () => stage.ledger.put - stage.ledger.indexed < linesPerSecond,
    30_000,
    'The input did not catch up.',
  )
  if (stage.ledger.duplicated >= indexed) {
    throw new Error('The input began anew after its restart instead of going on from its checkpoints.')
  }
  screen.done(
    `went on from its checkpoints and caught up; ${grouped(stage.ledger.duplicated)} events came a second time`,
  )
}

/** What has not come out when nothing has for a while is lost, which the verdict tells. */
async function drain(stage: Stage): Promise<void> {
  const { ledger } = stage
  let indexed = ledger.indexed
  let progressMs = performance.now()
  while (ledger.put > ledger.indexed && performance.now() - progressMs < 10_000) {
    await stage.pause(50)
    if (ledger.indexed > indexed) progressMs = performance.now()
    indexed = ledger.indexed
  }
}
