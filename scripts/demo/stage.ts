import { setTimeout as sleep } from 'node:timers/promises'
import type { SplunkEvent } from '../../test/fakes/splunkd/event-stream.ts'
import type { RunningInput } from '../../test/fakes/splunkd/input-process.ts'
import { Ledger } from './ledger.ts'
import { renderView, type ViewLine } from './live-view.ts'
import { RateMeter } from './rate-meter.ts'
import type { Screen } from './screen.ts'
import { ShardBoard } from './shard-board.ts'

/** Everything that is seen while lines flow: the input which runs, what came out of it, and what it says. */
export class Stage {
  readonly ledger = new Ledger()
  readonly board = new ShardBoard()
  readonly meter = new RateMeter(() => performance.now())
  readonly #screen: Screen
  readonly #fail: (error: Error) => void
  readonly #signal: AbortSignal
  readonly #beganMs = performance.now()
  readonly #newest = new Map<string, SplunkEvent>()
  #parents: ReadonlyMap<string, readonly string[]> = new Map()
  #input: RunningInput | undefined
  #linesRead = 0

  /** `fail` is called when the input does what it must not; `signal` ends all waiting. */
  constructor(screen: Screen, fail: (error: Error) => void, signal: AbortSignal) {
    this.#screen = screen
    this.#fail = fail
    this.#signal = signal
  }

  /** Shows everything from now on. */
  open(): void {
    this.#screen.watch((width) => {
      this.#readLog()
      return this.#picture(width)
    })
  }

  /** The shards as the stream lists them. */
  showShards(parents: ReadonlyMap<string, readonly string[]>): void {
    this.#parents = parents
  }

  readonly onEvent = (event: SplunkEvent): void => {
    const before = this.ledger.bytes
    this.ledger.take(event)
    this.meter.add(this.ledger.bytes - before)
    this.#newest.set([event.host, event.source, event.sourcetype].join('\0'), event)
  }

  /** From here on the input must run until it is taken off. */
  put(input: RunningInput): void {
    this.#input = input
    this.#linesRead = 0
    const failed = (what: string): void => {
      if (this.#input === input) this.#fail(new Error(`${what} ${lastWords(input)}`.trimEnd()))
    }
    input.exit.then(
      ({ code, signal }) => {
        failed(`The input ended by itself (${signal ?? `exit ${code}`}).`)
      },
      (error: unknown) => {
        failed(`The input could not be started: ${String(error)}.`)
      },
    )
    input.drained.catch((error: unknown) => {
      failed(`The input wrote what Splunk cannot read: ${String(error)}.`)
    })
  }

  /** SIGTERM, as splunkd ends an input; resolves with the milliseconds it took, when all its output is read. */
  async takeOff(): Promise<number> {
    const input = this.#input
    if (input === undefined) throw new Error('There is no input to stop.')
    this.#readLog()
    this.#input = undefined
    const beganMs = performance.now()
    const { code, forced } = await input.terminate()
    const tookMs = Math.round(performance.now() - beganMs)
    if (forced) throw new Error('The input did not end within 5 s after SIGTERM and had to be killed.')
    if (code !== 0) throw new Error(`The input ended with exit ${code} after SIGTERM. ${lastWords(input)}`)
    await input.drained
    if (!input.streamClosed) throw new Error('The input ended without </stream>.')
    this.board.stopped()
    return tookMs
  }

  /** Waits until `condition` holds; throws `sentence` when it does not in time. */
  async until(condition: () => boolean, timeoutMs: number, sentence: string): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs
    while (!condition()) {
      if (performance.now() > deadlineMs) throw new Error(sentence)
      await this.pause(50)
    }
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => undefined)
    this.#signal.throwIfAborted()
  }

  #picture(width: number): readonly ViewLine[] {
    const { ledger, board, meter } = this
    const state = {
      elapsedMs: performance.now() - this.#beganMs,
      put: ledger.put,
      indexed: ledger.indexed,
      duplicated: ledger.duplicated,
      megabytesPerSecond: meter.current,
      shards: [...this.#parents].map(([shardId, parents]) => ({
        shardId,
        parents,
        count: ledger.countOf(shardId),
        line: board.shard(shardId),
      })),
      events: [...this.#newest.values()],
    }
    return renderView(state, width)
  }

  /** What the input said since the last look; its warnings and errors stay on the screen. */
  #readLog(): void {
    const fresh = this.#input?.stderr.slice(this.#linesRead) ?? []
    this.#linesRead += fresh.length
    for (const line of fresh) {
      this.board.read(line)
      if (/^(WARN|ERROR|FATAL) /.test(line)) this.#screen.say(`      the input says: ${line}`)
    }
  }
}

function lastWords(input: RunningInput): string {
  const words = input.stderr.filter((line) => !line.startsWith('INFO ')).slice(-3)
  return words.length === 0 ? '' : `It said: ${words.join(' ')}`
}
