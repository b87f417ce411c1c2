import { AwsError, validation } from './errors.ts'

/** The members of a request, checked as the service checks them: a wrong one is a ValidationException. */
export class Input {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #path: string

  constructor(value: unknown, path = '') {
    if (!isObject(value))
      throw new AwsError('SerializationException', 'Start of structure or map found where not expected.')
    this.#members = value
    this.#path = path
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined && this.#members[name] !== null
  }

  text(name: string, pattern?: RegExp): string | undefined {
    const value = this.#of(name, 'string')
    if (typeof value !== 'string') return undefined
    if (pattern !== undefined && !pattern.test(value)) {
      const source = pattern.source.replace(/^\^\(\?:|\)\$$/g, '')
      throw validation(this.#where(name), `'${value}'`, `Member must satisfy regular expression pattern: ${source}`)
    }
    return value
  }

  needText(name: string, pattern?: RegExp): string {
    return this.text(name, pattern) ?? this.#missing(name)
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    const value = this.#of(name, 'number')
    if (typeof value !== 'number') return undefined
    if (value < minimum) {
      throw validation(this.#where(name), `'${value}'`, `Member must have value greater than or equal to ${minimum}`)
    }
    if (value > maximum) {
      throw validation(this.#where(name), `'${value}'`, `Member must have value less than or equal to ${maximum}`)
    }
    return value
  }

  needInteger(name: string, minimum: number, maximum: number): number {
    return this.integer(name, minimum, maximum) ?? this.#missing(name)
  }

  flag(name: string): boolean {
    return this.#of(name, 'boolean') === true
  }

  /** Milliseconds since 1970; the wire carries seconds with a fraction. */
  time(name: string): number | undefined {
    const value = this.#of(name, 'number')
    return typeof value === 'number' ? Math.round(value * 1000) : undefined
  }

  needBlob(name: string): Uint8Array {
    return Buffer.from(this.needText(name), 'base64')
  }

  inner(name: string): Input | undefined {
    return this.has(name) ? new Input(this.#members[name], `${this.#where(name)}.`) : undefined
  }

  needList(name: string, maximum: number): Input[] {
    const list: unknown = this.#members[name]
    if (!Array.isArray(list)) return this.#missing(name)
    if (list.length < 1)
      throw validation(this.#where(name), `'[]'`, 'Member must have length greater than or equal to 1')
    if (list.length > maximum) {
      throw validation(this.#where(name), `'[…]'`, `Member must have length less than or equal to ${maximum}`)
    }
    return list.map((item, index) => new Input(item, `${this.#where(name)}.${index + 1}.member.`))
  }

  #of(name: string, type: string): unknown {
    const value = this.#members[name]
    if (value === undefined || value === null || typeof value === type) return value
    throw new AwsError('SerializationException', `${typeof value} can not be converted to ${type}`)
  }

  #missing(name: string): never {
    throw validation(this.#where(name), 'null', 'Member must not be null')
  }

  #where(name: string): string {
    return `${this.#path}${name.slice(0, 1).toLowerCase()}${name.slice(1)}`
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
