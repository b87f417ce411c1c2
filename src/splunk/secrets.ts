import { servicePath, type SplunkdClient } from '../clients/splunkd.ts'
import { errorCode, KinloaderError } from '../core/errors.ts'

export interface SecretsOptions {
  readonly client: SplunkdClient
  /** The app whose namespace is used. Default `kinloader`. */
  readonly app?: string
}

/** What stands in an input's settings in the place of a secret which was moved away. */
export const secretMask = '********'

const realm = 'kinloader'

/**
 * Secrets in Splunk's storage/passwords, under the realm `kinloader`: encrypted on disk, replicated in a cluster.
 *
 * An entry takes 255 characters. A longer secret is cut into several entries:
 *
 *     <name>                           a secret which fits
 *     <name>``splunk_cred_sep``1       or its parts, counted from 1,
 *     <name>``splunk_cred_sep``<n+1>   and one more which says that it ends here
 *
 * so that no half of an older, longer secret is ever read as a part of the newer.
 */
export class Secrets {
  readonly #client: SplunkdClient
  readonly #app: string

  constructor(options: SecretsOptions) {
    this.#client = options.client
    this.#app = options.app ?? 'kinloader'
  }

  /** The secret, or undefined when there is none of that name. */
  async read(name: string, signal?: AbortSignal): Promise<string | undefined> {
    const whole = await this.#readEntry(name, signal)
    if (whole !== undefined) return whole
    const parts: string[] = []
    for (;;) {
      const part = await this.#readEntry(partName(name, parts.length + 1), signal)
      if (part === undefined && parts.length === 0) return undefined
      if (part === undefined || parts.length > maxParts) {
        throw new KinloaderError(
          'SECRET_INCOMPLETE',
          `The secret ${name} in storage/passwords, realm ${realm}, lacks a part; store it again.`,
        )
      }
      if (part === endMark) return parts.join('')
      parts.push(part)
    }
  }

  /** Stores it in the place of any older one. An empty secret is refused, as splunkd would. */
  async write(name: string, secret: string, signal?: AbortSignal): Promise<void> {
    const parts = cut(secret)
    if (parts.length === 0 || parts.length > maxParts) {
      throw new KinloaderError('SECRET_UNFIT', `The secret ${name} is empty or far too long; give it again.`)
    }
    const [only] = parts
    if (only !== undefined && parts.length === 1) {
      await this.#writeEntry(name, only, signal)
      // What is left of an older, longer one would never be read, but it is a secret.
      for (let part = 1; await this.#removeEntry(partName(name, part), signal); part += 1);
      return
    }
    for (const [at, part] of [...parts, endMark].entries()) {
      await this.#writeEntry(partName(name, at + 1), part, signal)
    }
    await this.#removeEntry(name, signal)
  }

  /**
   * Puts the mask in the place of settings of an input, by `data/inputs/<scheme>/<name>`. splunkd then starts the
   * input again, so the secrets have to be stored before.
   */
  async mask(scheme: string, input: string, settings: readonly string[], signal?: AbortSignal): Promise<void> {
    const path = servicePath(this.#app, 'data', 'inputs', scheme, input)
    const form = Object.fromEntries(settings.map((setting) => [setting, secretMask]))
    await this.#client.request({ method: 'POST', path, form, signal })
  }

  async #readEntry(name: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      const answer = await this.#client.request({ method: 'GET', path: this.#entryPath(name), signal })
      const { entry } = answer as { entry?: { content?: { clear_password?: unknown } }[] }
      const secret = entry?.[0]?.content?.clear_password
      return typeof secret === 'string' ? secret : undefined
    } catch (error) {
      if (errorCode(error) === 'SPLUNKD_NOT_FOUND') return undefined
      throw error
    }
  }

  async #writeEntry(name: string, password: string, signal: AbortSignal | undefined): Promise<void> {
    const path = servicePath(this.#app, 'storage', 'passwords')
    try {
      await this.#client.request({ method: 'POST', path, form: { name, password, realm }, signal })
    } catch (error) {
      if (errorCode(error) !== 'SPLUNKD_CONFLICT') throw error
      await this.#client.request({ method: 'POST', path: this.#entryPath(name), form: { password }, signal })
    }
  }

  async #removeEntry(name: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#client.request({ method: 'DELETE', path: this.#entryPath(name), signal })
      return true
    } catch (error) {
      if (errorCode(error) !== 'SPLUNKD_NOT_FOUND') throw error
      return false
    }
  }

  #entryPath(name: string): string {
    return servicePath(this.#app, 'storage', 'passwords', `${escapedColons(realm)}:${escapedColons(name)}:`)
  }
}

const separator = '``splunk_cred_sep``'
const endMark = `${separator}end`
const maxParts = 64

function partName(name: string, part: number): string {
  return `${name}${separator}${part}`
}

/** Parts of at most 255 bytes in UTF-8, which is never more than 255 characters, whatever splunkd counts. */
function cut(secret: string): string[] {
  const parts: string[] = []
  let part = ''
  let bytes = 0
  for (const character of secret) {
    const size = Buffer.byteLength(character)
    if (bytes + size > 255) {
      parts.push(part)
      part = ''
      bytes = 0
    }
    part += character
    bytes += size
  }
  if (part !== '') parts.push(part)
  return parts
}

function escapedColons(text: string): string {
  return text.replaceAll(':', '\\:')
}
