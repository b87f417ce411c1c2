import { Readable } from 'node:stream'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clock } from '../../../src/core/clock.ts'
import type { WireAnswer } from '../kinesis/protocol.ts'
import type { HttpResponse, InFlight } from '../kinesis/sdk-door.ts'
import type { FirehoseEngine } from './engine.ts'
import { answerFirehose } from './protocol.ts'

type HttpRequest = Parameters<NodeHttpHandler['handle']>[0]
type HttpHandlerOptions = NonNullable<Parameters<NodeHttpHandler['handle']>[1]>

export interface FirehoseDoorOptions {
  /** The clock of the network; with `enter` and `leave` it hears of requests in flight. */
  readonly clock: Clock & Partial<InFlight>
  /** A round trip, half of it before the engine acts. Default 0. */
  readonly latencyMs?: number
  /** How fast bodies go up, in bytes a second; on top of the round trip. Default Infinity. */
  readonly uploadBytesPerSecond?: number
}

/**
 * A `requestHandler` for an SDK client which carries the bytes of the HTTP door to the engine without a socket, on the
 * test's clock.
 */
export class FirehoseDoor {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #engine: FirehoseEngine
  readonly #options: FirehoseDoorOptions
  #running = 0
  #runningBytes = 0
  /** The most body bytes which were ever in flight together. */
  peakBytes = 0
  /** The most requests which were ever in flight together. */
  peakRequests = 0

  constructor(engine: FirehoseEngine, options: FirehoseDoorOptions) {
    this.#engine = engine
    this.#options = options
  }

  async handle(request: HttpRequest, options: HttpHandlerOptions = {}): Promise<{ response: HttpResponse }> {
    const { clock } = this.#options
    const { abortSignal } = options
    const body = bodyOf(request)
    const gone = new AbortController()
    const giveUp = (): void => {
      gone.abort()
    }
    if (abortSignal?.aborted === true) giveUp()
    if (abortSignal instanceof AbortSignal) abortSignal.addEventListener('abort', giveUp, { once: true })
    this.#running += 1
    this.#runningBytes += body.length
    this.peakRequests = Math.max(this.peakRequests, this.#running)
    this.peakBytes = Math.max(this.peakBytes, this.#runningBytes)
    clock.enter?.()
    try {
      const answer = await this.#exchange(request, body, gone.signal)
      if (gone.signal.aborted) throw Object.assign(new Error('Request aborted'), { name: 'AbortError' })
      if (answer === undefined) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      return { response: responseOf(answer) }
    } finally {
      clock.leave?.()
      this.#running -= 1
      this.#runningBytes -= body.length
      if (abortSignal instanceof AbortSignal) abortSignal.removeEventListener('abort', giveUp)
    }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {}

  async #exchange(request: HttpRequest, body: Uint8Array, signal: AbortSignal): Promise<WireAnswer | undefined> {
    const { latencyMs = 0, uploadBytesPerSecond = Infinity } = this.#options
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    await this.#sleep(latencyMs / 2 + (body.length * 1000) / uploadBytesPerSecond, signal)
    if (signal.aborted) return undefined
    const answer = await answerFirehose(
      this.#engine,
      { headers, body },
      {
        signal,
        sleep: (durationMs) => this.#sleep(durationMs, signal),
        forever: () => this.#outside(once(signal)),
      },
    )
    await this.#sleep(latencyMs / 2, signal)
    return answer
  }

  async #sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (durationMs > 0) await this.#outside(this.#options.clock.sleep(durationMs, signal))
  }

  /** Waiting is not work: time may pass meanwhile. */
  async #outside(wait: Promise<void>): Promise<void> {
    const { clock } = this.#options
    clock.leave?.()
    await wait
    clock.enter?.()
  }
}

async function once(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}

function bodyOf(request: HttpRequest): Uint8Array {
  const body: unknown = request.body
  if (typeof body === 'string') return Buffer.from(body)
  // The SDK's own kind of Uint8Array warns when anything looks at it as at a string.
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (body === undefined) return new Uint8Array()
  throw new Error('this door carries text and bytes only')
}

function responseOf(answer: WireAnswer): HttpResponse {
  return {
    statusCode: answer.status,
    headers: { ...answer.headers },
    body: Readable.from([answer.body], { objectMode: false }),
  }
}
