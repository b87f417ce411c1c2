import { systemClock } from '../../src/host/system-clock.ts'
import { NumberedEvents, type RunBook } from './input-numbers.ts'
import type { OpenedInputStore } from './input-stores.ts'
import type { SeededRandom } from './seeded-random.ts'

/** In turn, at a random moment each. */
const ways = [
  'while it reads',
  'in a reshard',
  'while splunkd does not read',
  'together with splunkd',
  'at its start',
] as const
export type Way = (typeof ways)[number]

export interface KillTally {
  readonly ways: Record<Way, number>
  /** Kills while events were between the service and the reader of the pipe. */
  inFlight: number
  /** Kills after which events came again. */
  repeating: number
  splits: number
  merges: number
  /** The longest save measured, in milliseconds. */
  saveMs: number
  /** The latest this process was woken, in milliseconds. */
  lateMs: number
}

export interface KillingOptions {
  readonly store: OpenedInputStore
  readonly random: SeededRandom
  readonly kills: number
  readonly holdBackMs: number
  readonly checkpointIntervalMs: number
}

/**
 * What the machine may take to wake a process, over what was asked for, when it is not busy. Positions which come within
 * a twentieth of the hold-back settle together, which is a part of it.
 */
const slackMs = 150
/** What may end later than that on a core which others use: the hold-back, the interval, and our reading of the pipe. */
const waits = 3
/** What was measured counts for so long. */
const recentMs = 3000

/**
 * Kills an input at random moments, starts it again, and keeps the books, while numbered events flow into two or
 * three shards which split and merge.
 */
export class Killing {
  readonly events: NumberedEvents
  readonly tally: KillTally = {
    ways: Object.fromEntries(ways.map((way) => [way, 0])) as Record<Way, number>,
    inFlight: 0,
    repeating: 0,
    splits: 0,
    merges: 0,
    saveMs: 0,
    lateMs: 0,
  }
  readonly #options: KillingOptions
  readonly #saves: Measured[] = []
  /** By how much this process was woken late. */
  readonly #late: Measured[] = []

  constructor(options: KillingOptions) {
    this.#options = options
    this.events = new NumberedEvents(options.store.world.engine)
  }

  /** Resolves when every event has come after the last kill; rejects when they do not. */
  async play(): Promise<void> {
    const { store, kills } = this.#options
    const done = new AbortController()
    const busy = [this.#pour(done.signal), this.#measure(done.signal)]
    try {
      for (let kill = 0; kill < kills; kill += 1) await this.#round(ways[kill % ways.length] ?? ways[0])
    } finally {
      done.abort()
      await Promise.all(busy)
    }
    this.events.beginRun()
    const input = store.world.run({ onEvent: this.events.take })
    await store.world.until(
      'end of the missing events',
      () => this.events.seen >= this.events.put || this.events.faults.length > 0,
    )
    // All may have come before: one which has just been started would be ended by the signal itself.
    await input.logged(/^INFO at=/)
    const { code } = await input.terminate()
    await input.drained
    if (code !== 0) throw new Error(`the last run ended with ${code ?? 'a signal'}: ${input.stderr.join('\n')}`)
    this.tally.repeating = this.events.runs.filter(({ repeated }) => repeated > 0).length
  }

  async #round(way: Way): Promise<void> {
    const { store, random } = this.#options
    const book = this.events.beginRun()
    const input = store.world.run({ onEvent: this.events.take })
    if (way === 'at its start') await systemClock.sleep(random.between(0, 1200))
    else {
      await input.received(1)
      await systemClock.sleep(random.between(0, 600))
    }
    if (way === 'in a reshard') {
      this.#reshard()
      await systemClock.sleep(random.between(0, 600))
    }
    // Long enough for a hold-back and a save: what is in the pipe would be remembered if it were taken for read.
    const pausedMs =
      way === 'while splunkd does not read' || way === 'together with splunkd' ? random.between(50, 800) : 0
    if (pausedMs > 0) {
      input.pause()
      await systemClock.sleep(pausedMs)
    }
    const { put } = this.events
    const exit = input.kill()
    book.killedAtMs = performance.now()
    if (way === 'together with splunkd') input.abandon()
    book.allowedMs = this.#allowedMs() + pausedMs
    const { signal } = await exit
    if (signal !== 'SIGKILL') throw new Error(`the input ended by itself: ${input.stderr.join('\n')}`)
    input.resume()
    await input.drained
    this.tally.ways[way] += 1
    if (this.events.seen < put) this.tally.inFlight += 1
  }

  /**
   * Safe after the hold-back, in the store after the save under way, or the interval, and one save more. While nobody
   * reads the pipe nothing can become safe.
   */
  #allowedMs(): number {
    const { holdBackMs, checkpointIntervalMs } = this.#options
    const saveMs = longest(this.#saves)
    const lateMs = longest(this.#late)
    this.tally.saveMs = Math.max(this.tally.saveMs, saveMs)
    this.tally.lateMs = Math.max(this.tally.lateMs, lateMs)
    return holdBackMs + Math.max(checkpointIntervalMs, saveMs) + saveMs + slackMs + waits * lateMs
  }

  /** Splits one of two shards, or merges two of three. */
  #reshard(): void {
    const { engine } = this.#options.store.world
    const open = engine.openShards('logs')
    const neighbours = engine.neighbours('logs')
    if (open.length < 3) {
      engine.split('logs', this.#options.random.pick(open))
      this.tally.splits += 1
    } else {
      engine.merge('logs', ...this.#options.random.pick(neighbours))
      this.tally.merges += 1
    }
  }

  /** Events into every open shard, until the signal aborts. */
  async #pour(signal: AbortSignal): Promise<void> {
    const { store, random } = this.#options
    while (!signal.aborted) {
      for (const shardId of store.world.engine.openShards('logs')) {
        if (random.next() < 0.7) this.events.putRecord(shardId, random.between(1, 30))
      }
      const startedMs = performance.now()
      await systemClock.sleep(pourMs, signal)
      keep(this.#late, startedMs + pourMs)
    }
  }

  /** How long the store takes for a save, from this process's own point of view. */
  async #measure(signal: AbortSignal): Promise<void> {
    const { neighbour } = this.#options.store
    await neighbour.load(signal) // what only a first call does is no part of a save
    while (!signal.aborted) {
      const startedMs = performance.now()
      await neighbour.save(new Map([['shardId-000000000000', String(startedMs)]]), new AbortController().signal)
      keep(this.#saves, startedMs)
      await systemClock.sleep(50, signal)
    }
  }
}

const pourMs = 25

interface Measured {
  readonly endedAtMs: number
  readonly tookMs: number
}

/** It ends now. */
function keep(list: Measured[], startedMs: number): void {
  const endedAtMs = performance.now()
  list.push({ endedAtMs, tookMs: endedAtMs - startedMs })
  if (list.length > 200) list.shift()
}

/** Of the recent ones, in milliseconds. */
function longest(list: readonly Measured[]): number {
  const since = performance.now() - recentMs
  return Math.max(0, ...list.filter(({ endedAtMs }) => endedAtMs > since).map(({ tookMs }) => tookMs))
}

/** One line for people. */
export function tallyLine({ events, tally }: Killing): string {
  const kills = ways.map((way) => `${tally.ways[way]} ${way}`).join(', ')
  const { put, arrived, runs } = events
  const oldestMs = Math.round(Math.max(...runs.map((run) => run.oldestMs)))
  return (
    `killed ${kills}; ${tally.inFlight} with events in flight, ${tally.repeating} repeated; ` +
    `${tally.splits} splits, ${tally.merges} merges; ${put} events, ${arrived - put} repeated, the oldest ` +
    `${oldestMs} ms before the kill; saves up to ${Math.round(tally.saveMs)} ms, ` +
    `woken up to ${Math.round(tally.lateMs)} ms late`
  )
}

/** Kills which were followed by more repeated events than allowed. */
export function excesses(runs: readonly RunBook[]): string[] {
  return runs
    .filter(({ tooOld }) => tooOld > 0)
    .map(
      ({ tooOld, oldestMs, allowedMs }) =>
        `${tooOld} repeated events came before the last ${Math.round(allowedMs)} ms, the oldest ${Math.round(oldestMs)} ms before the kill`,
    )
}
