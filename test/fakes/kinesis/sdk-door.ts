import { Readable } from 'node:stream'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clock } from '../../../src/core/clock.ts'
import type { KinesisEngine } from './engine.ts'
import { answerRequest, type WireAnswer } from './protocol.ts'

type HttpRequest = Parameters<NodeHttpHandler['handle']>[0]
type HttpHandlerOptions = NonNullable<Parameters<NodeHttpHandler['handle']>[1]>

/** As the SDK's own class has it. */
export interface HttpResponse {
  statusCode: number
  headers: Record<string, string>
  body: Readable
}

/** Told when work begins and ends which needs no time to pass; a VirtualClock stands still in between. */
export interface InFlight {
  enter(): void
  leave(): void
}

export interface SdkDoorOptions {
  /** The clock of the network; with `enter` and `leave` it hears of requests in flight. */
  clock: Clock & Partial<InFlight>
  /** A round trip, half of it before the engine acts. Default 0. */
  latencyMs?: number | (() => number)
  /** How fast bodies go up, in bytes a second; on top of the round trip. Default Infinity. */
  uploadBytesPerSecond?: number
  /** After which a request fails as with NodeHttpHandler's `requestTimeout`. Default 30,000; Infinity for never. */
  requestTimeoutMs?: number
}

/**
 * A `requestHandler` for an SDK client which carries the bytes of the HTTP door to the engine without a socket, on the
 * test's clock. One door is one program's network: `cutOff` is its crash.
 */
export class SdkDoor {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #engine: KinesisEngine
  readonly #options: SdkDoorOptions
  readonly #cut = new AbortController()
  #running = 0

  constructor(engine: KinesisEngine, options: SdkDoorOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** Requests which have no answer yet. */
  get running(): number {
    return this.#running
  }

  /** The program is gone: running requests break, later ones are refused, the engine's answers go nowhere. */
  cutOff(): void {
    this.#cut.abort()
  }

  async handle(request: HttpRequest, options: HttpHandlerOptions = {}): Promise<{ response: HttpResponse }> {
    if (this.#cut.signal.aborted) throw networkError('ECONNREFUSED')
    const { clock } = this.#options
    const end = new AbortController()
    let failure: Error | undefined
    const fail = (error: Error): void => {
      failure ??= error
      end.abort(null)
    }
    const release = this.#watch(options, end.signal, fail)
    this.#running++
    clock.enter?.()
    try {
      const answer = failure === undefined ? await this.#exchange(request, end.signal) : undefined
      if (failure !== undefined) throw failure
      if (answer === undefined) throw networkError('ECONNRESET')
      return { response: responseOf(answer) }
    } finally {
      clock.leave?.()
      this.#running--
      release()
      end.abort(null) // a reason of its own costs a stack trace
    }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {}

  /** Everything that may end a request early; returns how to stop watching. */
  #watch(options: HttpHandlerOptions, ended: AbortSignal, fail: (error: Error) => void): () => void {
    const { clock, requestTimeoutMs = 30_000 } = this.#options
    const caller = options.abortSignal
    const giveUp = (): void => {
      fail(abortError(caller))
    }
    const crash = (): void => {
      fail(networkError('ECONNRESET'))
    }
    if (caller?.aborted === true) giveUp()
    if (caller instanceof AbortSignal) caller.addEventListener('abort', giveUp, { once: true })
    this.#cut.signal.addEventListener('abort', crash, { once: true })
    if (requestTimeoutMs !== Infinity) {
      void clock.sleep(requestTimeoutMs, ended).then(() => {
        fail(timeoutError(requestTimeoutMs))
      })
    }
    return () => {
      if (caller instanceof AbortSignal) caller.removeEventListener('abort', giveUp)
      this.#cut.signal.removeEventListener('abort', crash)
    }
  }

  /** There, the engine, and back; undefined when the connection broke on the way. */
  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<WireAnswer | undefined> {
    const { latencyMs = 0, uploadBytesPerSecond = Infinity } = this.#options
    const halfMs = (typeof latencyMs === 'function' ? latencyMs() : latencyMs) / 2
    const wire = { headers: lowerCased(request.headers), body: bodyOf(request) }
    await this.#sleep(halfMs + (wire.body.length * 1000) / uploadBytesPerSecond, signal)
    if (signal.aborted) return undefined
    const answer = await answerRequest(this.#engine, wire, {
      signal,
      sleep: (durationMs) => this.#sleep(durationMs, signal),
      forever: () => this.#outside(once(signal)),
    })
    await this.#sleep(halfMs, signal)
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

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
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

function networkError(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  const text = code === 'ECONNREFUSED' ? 'connect ECONNREFUSED 127.0.0.1:443' : 'socket hang up'
  return Object.assign(new Error(text), { code })
}

function timeoutError(timeoutMs: number): Error {
  const error = new Error(`a request has exceeded the configured ${timeoutMs} ms requestTimeout.`)
  return Object.assign(error, { name: 'TimeoutError', code: 'ETIMEDOUT' })
}

function abortError(caller: HttpHandlerOptions['abortSignal']): Error {
  const cause: unknown = caller instanceof AbortSignal ? caller.reason : undefined
  return Object.assign(new Error('Request aborted', { cause }), { name: 'AbortError' })
}
