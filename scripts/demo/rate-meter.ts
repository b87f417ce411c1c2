/** Bytes a second: of the last full second, of the fastest one, and over all of the time. */
export class RateMeter {
  readonly #nowMs: () => number
  #beganMs: number | undefined
  #lastMs = 0
  #bytes = 0
  #second = 0
  #inSecond = 0
  #inLastSecond = 0
  #fastest = 0

  /** `nowMs`: a clock which never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  add(bytes: number): void {
    this.#beganMs ??= this.#nowMs()
    this.#turn()
    this.#lastMs = this.#nowMs()
    this.#bytes += bytes
    this.#inSecond += bytes
    this.#fastest = Math.max(this.#fastest, this.#inSecond)
  }

  /** Megabytes in the last full second. */
  get current(): number {
    this.#turn()
    return this.#inLastSecond / 1_000_000
  }

  /** Megabytes in the fastest second. */
  get fastest(): number {
    return this.#fastest / 1_000_000
  }

  /** Megabytes a second from the first byte to the last; 0 when that is less than a second. */
  get average(): number {
    const ms = this.#lastMs - (this.#beganMs ?? this.#lastMs)
    return ms < 1000 ? 0 : this.#bytes / 1000 / ms
  }

  #turn(): void {
    const nowMs = this.#nowMs()
    const second = Math.floor((nowMs - (this.#beganMs ?? nowMs)) / 1000)
    if (second === this.#second) return
    this.#inLastSecond = second === this.#second + 1 ? this.#inSecond : 0
    this.#second = second
    this.#inSecond = 0
  }
}
