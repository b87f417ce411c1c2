import { KinloaderError } from '../../core/errors.ts'
import { parseDuration } from './setting-values.ts'

/** Parameters as the input and the validation document hold them. */
export type SettingParameters = ReadonlyMap<string, string | readonly string[]>

/** Reads one parameter after the other and remembers what is wrong with each, so that all of it is told at once. */
export class SettingReader {
  readonly #params: SettingParameters
  readonly #defaults: ReadonlyMap<string, string>
  readonly #problems: string[] = []

  constructor(params: SettingParameters, defaults: ReadonlyMap<string, string>) {
    this.#params = params
    this.#defaults = defaults
  }

  /** `parse` throws a `RangeError` which completes "<name> must be …". */
  optional<T>(name: string, parse: (text: string) => T): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    try {
      return parse(value)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.problem(`${name} must be ${error.message}`)
      return undefined
    }
  }

  required<T>(name: string, parse: (text: string) => T): T | undefined {
    if (this.text(name) === undefined) this.problem(`${name} is missing`)
    return this.optional(name, parse)
  }

  duration(name: string, bounds: { minMs: number; maxMs: number }): number {
    return this.optional(name, (text) => parseDuration(text, bounds)) ?? 0
  }

  /** The trimmed value, or else the default; an empty value is an absent one. */
  text(name: string): string | undefined {
    const given = this.#params.get(name)
    if (given !== undefined && typeof given !== 'string') {
      this.problem(`${name} must be a single value`)
      return undefined
    }
    const text = given?.trim() ?? ''
    return text === '' ? this.#defaults.get(name) : text
  }

  problem(text: string): void {
    if (!this.#problems.includes(text)) this.#problems.push(text)
  }

  /** Throws when there was any problem. */
  finish(): void {
    if (this.#problems.length === 0) return
    throw new KinloaderError('BAD_SETTING', `Correct the settings of this input: ${this.#problems.join('; ')}.`)
  }
}
