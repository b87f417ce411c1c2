import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { servicePath, type SplunkdClient, type SplunkdRequest } from '../../../src/clients/splunkd.ts'
import { errorCode } from '../../../src/core/errors.ts'
import { runChild } from '../child.ts'
import type { StepContext } from '../step.ts'
import type { SearchRow } from './numbered-events.ts'
import { openSplunkSession, type SplunkLogin } from './session.ts'

export interface SplunkOptions extends SplunkLogin {
  /** $SPLUNK_HOME */
  readonly home: string
}

export const app = 'kinloader'
const scheme = 'kinloader'
const commandTimeoutMs = 300_000

/** A Splunk on this machine: its command line, and its management port as an administrator uses it. */
export class Splunk {
  readonly #options: SplunkOptions
  #client: SplunkdClient | undefined

  constructor(options: SplunkOptions) {
    this.#options = options
  }

  async hasApp(): Promise<boolean> {
    return this.#exists(`/services/apps/local/${app}`)
  }

  /** `splunk install app`, and a restart where splunkd does not know the scheme without one. */
  async install(archive: string, context: StepContext): Promise<void> {
    await this.#command(['install', 'app', archive], context)
    if (await this.#hasScheme()) return
    context.say('restarting Splunk, so that it asks the app for its scheme')
    await this.#command(['restart'], context, false)
    await this.close()
    const giveUpMs = performance.now() + commandTimeoutMs
    while (!(await this.#hasScheme().catch(() => false))) {
      context.signal.throwIfAborted()
      if (performance.now() > giveUpMs) throw new Error('splunkd does not list the scheme kinloader; see splunkd.log')
      await sleep(2000)
      await this.close()
    }
  }

  async remove(context: StepContext): Promise<void> {
    await this.#command(['remove', 'app', app], context)
    if (await this.hasApp()) throw new Error('the app is still there; remove it by hand')
  }

  /** The settings of an input as splunkd shows them. */
  async input(name: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#request({ method: 'GET', path: inputPath(name) })
    return (answer as { entry?: { content?: Record<string, unknown> }[] }).entry?.[0]?.content ?? {}
  }

  /** Rejects with what the input's validation said when it refuses. */
  async createInput(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    await this.#request({ method: 'POST', path: inputPath(), form: { name, ...settings } })
  }

  async removeInput(name: string): Promise<void> {
    await this.#request({ method: 'DELETE', path: inputPath(name) })
    if (await this.#exists(inputPath(name))) throw new Error(`the input ${name} is still there`)
  }

  /** The checkpoints in the KV store, which would outlive the app. */
  async removeCheckpoints(): Promise<void> {
    const collection = servicePath(app, 'storage', 'collections', 'data', 'kinloader_checkpoints')
    await this.#request({ method: 'DELETE', path: collection })
  }

  /** The first row of a search over all time; undefined when it has none. */
  async search(search: string): Promise<SearchRow | undefined> {
    const form = { search, exec_mode: 'oneshot', earliest_time: '0', latest_time: 'now' }
    const answer = await this.#request({ method: 'POST', path: servicePath('search', 'search', 'jobs'), form })
    return (answer as { results?: SearchRow[] }).results?.[0]
  }

  /** Lets the session go; the next call opens another one. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.close()
  }

  async #hasScheme(): Promise<boolean> {
    return this.#exists(`/services/data/modular-inputs/${scheme}`)
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#request({ method: 'GET', path })
      return true
    } catch (error) {
      if (errorCode(error) === 'SPLUNKD_NOT_FOUND') return false
      throw error
    }
  }

  async #request(request: SplunkdRequest): Promise<unknown> {
    this.#client ??= await openSplunkSession(this.#options)
    return this.#client.request(request)
  }

  async #command(args: readonly string[], { signal }: StepContext, needsLogin = true): Promise<void> {
    const { home, username, password } = this.#options
    const login = needsLogin ? ['-auth', `${username}:${password}`] : []
    const end = await runChild({
      command: join(home, 'bin/splunk'),
      args: [...args, ...login],
      env: { SPLUNK_HOME: home },
      timeoutMs: commandTimeoutMs,
      signal,
    })
    if (!end.isGood) throw new Error(`splunk ${args.join(' ')}: ${end.how}: ${end.lines.slice(-3).join(' ')}`)
  }
}

function inputPath(...name: readonly string[]): string {
  return servicePath(app, 'data', 'inputs', scheme, ...name)
}
