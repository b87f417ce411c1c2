import { errorText } from '../../../src/core/errors.ts'
import type { Outcome } from '../step.ts'

/** Counts what was checked, and says each. */
export class Checks {
  readonly #say: (line: string) => void
  #passed = 0
  readonly #failed: string[] = []

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  /** Whether `act` resolved. Never rejects. */
  async check(what: string, act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      this.#passed += 1
      this.#say(`good: ${what}`)
      return true
    } catch (error) {
      this.#failed.push(what)
      this.#say(`BAD:  ${what}: ${errorText(error)}`)
      return false
    }
  }

  outcome(): Outcome {
    const [passed, failed] = [this.#passed, this.#failed.length]
    const text = failed === 0 ? `${passed} checks` : `not so: ${this.#failed.join('; ')}`
    return { passed, failed, text }
  }
}
