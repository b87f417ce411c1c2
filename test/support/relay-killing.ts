import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { endOf, type RelayWorld } from './relay-world.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { CommandEnd, CommandProcess } from './spawned-command.ts'

const port = 514
const senders = 6

/** Small segments and quick uploads, so that a kill meets every step of what becomes of a message. */
const args = [`--tcp-port=${port}`, '--buffer-bytes=200000'] as const

export interface KillingTally {
  kills: number
  /** Kills at the start, before it listened. */
  early: number
  orderly: number
  /** Connections which ended without a receipt. */
  broken: number
  /** Connections whose orderly end came with the kill: the kernel's, which is no receipt. */
  farewells: number
  /** Messages which came more than once. */
  repeated: number
  faults: number
}

/**
 * Kills the relay at random moments and starts it again on the same spool, while numbered messages come by several
 * connections, which end often and wait for the receipt, and Firehose fails now and then.
 *
 * When a process is killed its kernel ends those plain TCP connections in an orderly way of which it holds no unread
 * bytes. That is no word of the relay's, so ends which come from the moment of the kill on count as no receipts.
 */
export class RelayKilling {
  readonly tally: KillingTally = { kills: 0, early: 0, orderly: 0, broken: 0, farewells: 0, repeated: 0, faults: 0 }
  /** All of a connection which ended in an orderly way. */
  readonly receipted = new Set<string>()
  readonly sent = new Set<string>()
  readonly #world: RelayWorld
  readonly #random: SeededRandom
  readonly #over = new AbortController()
  #isDying = true
  #onReceipt: (() => void) | undefined
  readonly #waiting: (() => void)[] = []

  constructor(world: RelayWorld, random: SeededRandom) {
    this.#world = world
    this.#random = random
  }

  /** Resolves with the end of the last run, which nobody killed. */
  async play(kills: number): Promise<CommandEnd> {
    const sending = Array.from({ length: senders }, (_, sender) => this.#send(sender))
    for (let kill = 0; kill < kills; kill += 1) await this.#round()
    this.#over.abort()
    this.#world.firehose.faults.clear()
    const last = await this.#started()
    await Promise.all(sending)
    const end = await this.#world.stop(last)
    this.#count()
    return end
  }

  /** Of what has a receipt, what Firehose does not have. */
  get lost(): readonly string[] {
    const arrived = new Set(this.#world.messages())
    return [...this.receipted].filter((message) => !arrived.has(message))
  }

  /** Messages which nobody sent, or which came under two ids, and ids of two messages. */
  get confused(): readonly string[] {
    const idOf = new Map<string, string>()
    const messageOf = new Map<string, string>()
    return this.#world
      .events()
      .filter(({ id, message }) => {
        const isStrange = !this.sent.has(message)
        const [knownId = id, knownMessage = message] = [idOf.get(message), messageOf.get(id)]
        idOf.set(message, knownId)
        messageOf.set(id, knownMessage)
        return isStrange || knownId !== id || knownMessage !== message
      })
      .map(({ id, message }) => `${id} ${message}`)
  }

  #count(): void {
    const messages = this.#world.messages()
    this.tally.repeated = messages.length - new Set(messages).size
  }

  async #round(): Promise<void> {
    const { tally } = this
    const random = this.#random
    this.#disturb()
    const isEarly = tally.kills % 5 === 2
    const running = isEarly ? this.#world.run(args) : await this.#started()
    await sleep(random.between(0, isEarly ? 500 : 700))
    // A receipt which was given too early is false for a moment only: kill at that very one.
    if (!isEarly && random.next() < 0.7) {
      await new Promise<void>((resolve) => {
        this.#onReceipt = () => {
          this.#isDying = true
          this.#onReceipt = undefined
          running.child.kill('SIGKILL')
          resolve()
        }
      })
    }
    this.#isDying = true
    const { signal, stderr } = await running.kill('SIGKILL')
    if (signal !== 'SIGKILL') throw new Error(`the relay ended by itself: ${stderr}`)
    tally.kills += 1
    if (isEarly) tally.early += 1
  }

  async #started(): Promise<CommandProcess> {
    const running = await this.#world.listening(args)
    this.#isDying = false
    for (const go of this.#waiting.splice(0)) go()
    return running
  }

  #disturb(): void {
    const { faults } = this.#world.firehose
    faults.clear()
    if (this.#random.next() < 0.2) return
    const fault = this.#random.pick([
      { kind: 'throttle' },
      { kind: 'lost-answer' },
      { kind: 'fail-entries', indexes: 'all' },
      { kind: 'short-list', missing: 1 },
      { kind: 'reset' },
      { kind: 'hang' },
    ] as const)
    this.tally.faults += 1
    faults.inject({ fault, times: this.#random.between(1, 3) })
  }

  async #send(sender: number): Promise<void> {
    for (let connection = 0; !this.#over.signal.aborted; connection += 1) {
      if (this.#isDying) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      await this.#connection(`${sender}.${connection}`)
    }
  }

  async #connection(name: string): Promise<void> {
    const random = this.#random
    const socket = connect({ host: this.#world.address, port, allowHalfOpen: true })
    const receipt = new AbortController()
    socket.once('end', () => {
      if (this.#isDying) return
      receipt.abort()
      this.#onReceipt?.()
    })
    const end = endOf(socket)
    const hasConnected = await Promise.race([once(socket, 'connect').then(() => true), end.then(() => false)]).catch(
      () => false,
    )
    if (!hasConnected) {
      await sleep(10) // it has just been killed
      return
    }
    const isCounted = random.next() < 0.3
    const messages = Array.from(
      { length: random.pick([1, 10, 100, 1000]) },
      (_, i) => `<13>1 - h a - - - ${name}.${i} ${'x'.repeat(random.between(0, 200))}`,
    )
    for (const message of messages) this.sent.add(message)
    const bytes = Buffer.from(messages.map((text) => (isCounted ? `${text.length} ${text}` : `${text}\n`)).join(''))
    for (let at = 0; at < bytes.length && !socket.destroyed; ) {
      const piece = random.pick([100, 5000, 100_000])
      socket.write(bytes.subarray(at, at + piece))
      at += piece
      if (random.next() < 0.1) await sleep(random.between(0, 20))
    }
    socket.end()
    const how = await end
    if (receipt.signal.aborted) {
      this.tally.orderly += 1
      for (const message of messages) this.receipted.add(message)
    } else this.tally[how === 'orderly' ? 'farewells' : 'broken'] += 1
  }
}
