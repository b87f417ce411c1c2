/** The first thing which ends a program that would go on by itself; what fails because of it does not count. */
export class FirstFailure {
  readonly #aborted = new AbortController()
  #failure: { readonly error: unknown } | undefined

  /** Aborts with it. */
  get signal(): AbortSignal {
    return this.#aborted.signal
  }

  readonly take = (error: unknown): void => {
    this.#failure ??= { error }
    this.#aborted.abort()
  }

  /** Throws it, if there is one. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
