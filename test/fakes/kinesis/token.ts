import { createHash } from 'node:crypto'

/**
 * Opaque text with everything in it, so that the server keeps no state for it: base64 of a check sum and JSON. What
 * was not sealed with the same secret does not open.
 */
export class Seal {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  close(content: Readonly<Record<string, string | number>>): string {
    const text = JSON.stringify(content)
    return Buffer.from(this.#sum(text) + text).toString('base64')
  }

  open(sealed: string): Readonly<Record<string, string | number>> | undefined {
    const text = Buffer.from(sealed, 'base64').toString()
    const content = text.slice(16)
    if (text.slice(0, 16) !== this.#sum(content)) return undefined
    return JSON.parse(content) as Record<string, string | number> // the sum says it is ours
  }

  #sum(text: string): string {
    return createHash('sha256').update(this.#secret).update(text).digest('hex').slice(0, 16)
  }
}
