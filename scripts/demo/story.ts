import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localRegion, type LocalStream, startLocalStream } from './local-stream.ts'
import { LogLines } from './log-lines.ts'
import { LogSender } from './log-sender.ts'
import type { Verdict } from './ledger.ts'
import { grouped } from './live-view.ts'
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
  const home = mkdtempSync(join(tmpdir(), 'kinloader-demo-'))
  onEnd(async () => {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })
  const splunkd = await build(screen, home)

  screen.begin('starting a local Kinesis')
  const stream = await startLocalStream(streamName, 2, onEnd)
  screen.done(`stream ${streamName} with 2 shards at ${stream.endpoint}`)

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

  screen.begin('putting log lines as the log sender does, and reading them')
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
  await stage.until(() => stage.ledger.indexed > 0, 15_000, 'No event came out of the input within 15 s.')
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
  const seconds = await stage.takeOff()
  screen.done(`SIGTERM, ended by itself after ${seconds} s`)
  stage.close()
  return stage.ledger.verdict(await stream.parents())
}

async function build(screen: Screen, home: string): Promise<Splunkd> {
  screen.begin('building and installing the app')
  const input = await packagedInput(home)
  screen.done(input.description)
  return new Splunkd(home, input)
}

/** No more than a user would fill in, but for the local endpoint and store, and figures every second. */
function paramsFor(stream: LocalStream): Readonly<Record<string, string>> {
  return {
    stream: stream.name,
    region: localRegion,
    endpoint: stream.endpoint,
    initial_position: 'trim_horizon',
    checkpoint_store: 'filesystem',
    metrics_interval: '1s',
  }
}

async function introduce(screen: Screen, splunkd: Splunkd, params: Readonly<Record<string, string>>): Promise<void> {
  screen.begin('--scheme')
  const { title, argumentCount } = await splunkd.scheme()
  screen.done(`"${title}", ${argumentCount} arguments`)

  screen.begin('--validate-arguments, with a mistake in them')
  const refusal = await splunkd.validate({ ...params, initial_position: 'yesterday' })
  if (refusal === undefined) throw new Error('The input took arguments which are wrong.')
  screen.done(`refused with "${refusal}"`)

  screen.begin('--validate-arguments')
  const problem = await splunkd.validate(params)
  if (problem !== undefined) throw new Error(`The input refused its arguments: ${problem}`)
  screen.done('accepted')
}

async function split(screen: Screen, stage: Stage, stream: LocalStream): Promise<void> {
  screen.begin('splitting a shard while lines flow')
  const before = await stream.parents()
  const [parent = ''] = before.keys()
  await stream.split(parent)
  const after = await stream.parents()
  stage.showShards(after)
  const children = [...after.keys()].filter((shardId) => !before.has(shardId))
  await stage.until(
    () => children.every((child) => stage.ledger.countOf(child).indexed > 0),
    20_000,
    `No event of ${children.join(' and ')} came out within 20 s after the split.`,
  )
  await stage.pause(4000)
  screen.done(`${parent} became ${children.join(' and ')}, both are read`)
}

async function restart(screen: Screen, stage: Stage, start: () => void): Promise<void> {
  screen.begin('stopping the input, lines still flow')
  const seconds = await stage.takeOff()
  const { indexed } = stage.ledger
  await stage.pause(2500)
  screen.done(`SIGTERM, ended by itself after ${seconds} s; ${grouped(stage.ledger.put - indexed)} lines wait`)

  screen.begin('restarting the input from its checkpoints')
  start()
  await stage.until(() => stage.ledger.indexed > indexed, 15_000, 'No new event came out within 15 s of the restart.')
  await stage.until(() => stage.ledger.put - stage.ledger.indexed < linesPerSecond, 20_000, 'The input did not catch up.')
  if (stage.ledger.duplicated >= indexed) {
    throw new Error('The input began anew after its restart instead of going on from its checkpoints.')
  }
  screen.done(`caught up, ${grouped(stage.ledger.duplicated)} events came a second time`)
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
