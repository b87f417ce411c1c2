import { readFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'

export interface SplunkdClientOptions {
  /** `https://127.0.0.1:8089`, from the input document. */
  readonly serverUri: string
  /** From the input document. Never in a message or a log. */
  readonly sessionKey: string
  /** PEM file of the authorities to trust, `$SPLUNK_HOME/etc/auth/cacert.pem`. Default: those Node knows. */
  readonly caFile?: string | undefined
  /** For one whole request, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** Longest answer taken, in bytes. Default 64 MiB. */
  readonly maxResponseBytes?: number
}

export interface SplunkdRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the server's root, each part already escaped: see `servicePath`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** The body, as JSON. */
  readonly json?: unknown
  /** The body, as a form. */
  readonly form?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** `/servicesNS/nobody/<app>/…`, each part escaped. */
export function servicePath(app: string, ...parts: readonly string[]): string {
  return `/servicesNS/nobody/${[app, ...parts].map(encodeURIComponent).join('/')}`
}

/**
 * splunkd's management port.
 *
 * Connections are kept. The certificate is verified unless splunkd is on the loopback, where Splunk's own one is
 * self-signed and nobody is in between. Every failure is a `KinloaderError`:
 *
 *     ABORTED                the caller's signal ended the call
 *     SPLUNKD_UNREACHABLE    retryable: refused, reset, timed out
 *     SPLUNKD_STARTING       retryable: 503
 *     SPLUNKD_FAILED         retryable: any other 5xx, 429, or no JSON
 *     SPLUNKD_UNAUTHORIZED   401, 403: only a new process gets a new session key
 *     SPLUNKD_NOT_FOUND      404
 *     SPLUNKD_CONFLICT       409
 *     SPLUNKD_REFUSED        any other status, with what splunkd said
 *     SPLUNKD_UNTRUSTED      the certificate could not be verified
 */
export class SplunkdClient {
  readonly #options: SplunkdClientOptions
  readonly #base: URL
  readonly #loopback: boolean
  #agent: Promise<http.Agent> | undefined

  constructor(options: SplunkdClientOptions) {
    this.#options = options
    if (!URL.canParse(options.serverUri)) {
      throw new KinloaderError('SPLUNKD_REFUSED', `The address of splunkd, ${options.serverUri}, is not a URL.`)
    }
    this.#base = new URL(options.serverUri)
    this.#loopback = isLoopback(this.#base.hostname)
  }

  /** Answers with the body as JSON, or undefined when it is empty. */
  async request(request: SplunkdRequest): Promise<unknown> {
    const { signal } = request
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? 10_000)
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    let answer: Answer
    try {
      const agent = await (this.#agent ??= this.#createAgent())
      answer = await this.#send(request, agent, either)
    } catch (error) {
      if (signal?.aborted === true) {
        throw new KinloaderError('ABORTED', 'The call to splunkd was ended before it was done.', { retryable: true })
      }
      if (error instanceof KinloaderError) throw error
      throw this.#unreachable(timeout.aborted ? new Error('no answer in time') : error)
    }
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, request)
    if (answer.text.trim() === '') return undefined
    try {
      return JSON.parse(answer.text)
    } catch (error) {
      throw new KinloaderError('SPLUNKD_FAILED', `splunkd answered ${request.path} with something else than JSON.`, {
        cause: error,
        retryable: true,
      })
    }
  }

  /** Lets kept connections go; twice is fine. */
  async close(): Promise<void> {
    const agent = this.#agent
    this.#agent = undefined
    ;(await agent?.catch(() => undefined))?.destroy()
  }

  async #createAgent(): Promise<http.Agent> {
    if (this.#base.protocol === 'http:') return new http.Agent({ keepAlive: true, maxSockets: 8 })
    const { caFile } = this.#options
    const ca = this.#loopback || caFile === undefined ? undefined : await readAuthorities(caFile)
    return new https.Agent({
      keepAlive: true,
      maxSockets: 8,
      rejectUnauthorized: !this.#loopback,
      ...(ca !== undefined && { ca }),
    })
  }

  async #send(request: SplunkdRequest, agent: http.Agent, signal: AbortSignal): Promise<Answer> {
    try {
      return await exchange(this.#base, this.#options, request, agent, signal)
    } catch (error) {
      // splunkd closes a kept connection whenever it likes, also just now: the request was not looked at.
      if (!(error instanceof StaleConnection)) throw error
      return exchange(this.#base, this.#options, request, agent, signal)
    }
  }

  #unreachable(error: unknown): KinloaderError {
    const where = this.#base.origin
    const code = errorCode(error)
    if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|^ERR_TLS/.test(code)) {
      return new KinloaderError(
        'SPLUNKD_UNTRUSTED',
        `The certificate of splunkd at ${where} cannot be verified (${code}); let its authority be in $SPLUNK_HOME/etc/auth/cacert.pem and its name fit the address.`,
        { cause: error },
      )
    }
    return new KinloaderError(
      'SPLUNKD_UNREACHABLE',
      `splunkd at ${where} cannot be reached (${errorText(error)}); see that it runs and that its management port is open.`,
      { cause: error, retryable: true },
    )
  }
}

async function readAuthorities(caFile: string): Promise<Buffer> {
  try {
    return await readFile(caFile)
  } catch (error) {
    throw new KinloaderError(
      'SPLUNKD_UNTRUSTED',
      `The authorities which splunkd's certificate is verified against cannot be read (${errorText(error)}); put them there.`,
      { cause: error },
    )
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

class StaleConnection extends Error {}

function exchange(
  base: URL,
  options: SplunkdClientOptions,
  { method, path, query, json, form }: SplunkdRequest,
  agent: http.Agent,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(path, base)
  url.search = new URLSearchParams({ ...query, output_mode: 'json' }).toString()
  const text = json === undefined ? '' : JSON.stringify(json)
  const body = form === undefined ? text : new URLSearchParams(form).toString()
  const headers = {
    authorization: `Splunk ${options.sessionKey}`,
    'content-type': form === undefined ? 'application/json' : 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  }
  const maxBytes = options.maxResponseBytes ?? 64 * 1024 * 1024
  return new Promise((resolve, reject) => {
    const send = base.protocol === 'http:' ? http.request : https.request
    const sent = send(url, { method, headers, agent, signal }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) response.destroy(new Error(`an answer of more than ${maxBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('error', (error) => {
      const stale = sent.reusedSocket && errorCode(error) === 'ECONNRESET'
      reject(stale ? new StaleConnection(error.message, { cause: error }) : error)
    })
    sent.end(body)
  })
}

function refusal({ status, text }: Answer, { path }: SplunkdRequest): KinloaderError {
  const said = messageOf(text)
  const what = `splunkd answered ${path} with ${status}${said === '' ? '' : ` (${said})`}`
  switch (status) {
    case 401:
    case 403:
      return new KinloaderError(
        'SPLUNKD_UNAUTHORIZED',
        `${what}; the session key is no longer accepted, so the input has to be started again to get a fresh one.`,
      )
    case 404:
      return new KinloaderError('SPLUNKD_NOT_FOUND', `${what}; see that the app kinloader is installed here.`)
    case 409:
      return new KinloaderError('SPLUNKD_CONFLICT', `${what}.`)
    case 503:
      return new KinloaderError(
        'SPLUNKD_STARTING',
        `${what}; it is starting or stopping, so try again in a few minutes.`,
        { retryable: true },
      )
    default:
      if (status >= 500 || status === 429) {
        return new KinloaderError('SPLUNKD_FAILED', `${what}; try again, and see splunkd.log.`, { retryable: true })
      }
      return new KinloaderError('SPLUNKD_REFUSED', `${what}; see splunkd.log.`)
  }
}

/** The text of `{"messages":[{"type":"ERROR","text":"…"}]}`, on one line and not too long; else nothing. */
function messageOf(text: string): string {
  try {
    const body = JSON.parse(text) as { messages?: { text?: unknown }[] } | null
    const said = body?.messages?.map(({ text: one }) => (typeof one === 'string' ? one : '')).join(' ') ?? ''
    return said.replaceAll(/\s+/g, ' ').trim().slice(0, 500).replace(/\.$/, '')
  } catch {
    return ''
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
