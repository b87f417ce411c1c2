import { styleText } from 'node:util'
import type { ViewLine } from './live-view.ts'
import { clipText } from './text-width.ts'

export interface ScreenOptions {
  /** Where to: a terminal is redrawn in place, anything else gets plain lines. */
  readonly output: NodeJS.WriteStream
  /** Between two pictures of what changes, where nothing can be redrawn. Default 4,000. */
  readonly plainEveryMs?: number
}

type Style = 'bold' | 'dim' | 'red' | 'green'

/**
 * The demo's picture: phases which stay, and below them what changes.
 *
 * On a terminal the changing part is overwritten in place by one write a picture, line by line and never cleared
 * first, so nothing flickers. Elsewhere the same lines come out plain, now and then.
 */
export class Screen {
  readonly #output: NodeJS.WriteStream
  readonly #plainEveryMs: number
  readonly #isTerminal: boolean
  readonly #showCursor = (): void => {
    this.#output.write('\x1b[?25h')
  }
  #drawn = 0
  #view: readonly ViewLine[] = []
  #phase: { readonly name: string; readonly beganMs: number } | undefined
  #plainAtMs = 0

  constructor({ output, plainEveryMs = 4000 }: ScreenOptions) {
    this.#output = output
    this.#plainEveryMs = plainEveryMs
    this.#isTerminal = output.isTTY && process.env['TERM'] !== 'dumb'
    if (!this.#isTerminal) return
    output.write('\x1b[?25l')
    process.once('exit', this.#showCursor)
  }

  get width(): number {
    // The last column stays free: some terminals wrap a line which fills it.
    return this.#isTerminal ? this.#output.columns - 1 : 140
  }

  /** A line which stays. */
  say(text: string, style?: Style): void {
    this.#write([...text.split('\n').map((line) => this.#styled(line, style))])
  }

  /** Names what goes on until `done`. */
  begin(name: string): void {
    this.#phase = { name, beganMs: performance.now() }
    if (this.#isTerminal) this.#redraw()
    else this.say(`....  ${name}`)
  }

  /** The phase has ended well; `detail` says how. */
  done(detail: string): void {
    const { name = '', beganMs = 0 } = this.#phase ?? {}
    this.#phase = undefined
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
    this.#write([`${this.#styled(' ok ', 'green')}  ${name}: ${detail} ${this.#styled(`(${seconds} s)`, 'dim')}`])
    this.#plainAtMs = 0
  }

  /** Shows what changes. */
  show(view: readonly ViewLine[]): void {
    this.#view = view
    if (this.#isTerminal) this.#redraw()
    else if (performance.now() >= this.#plainAtMs) {
      this.#plainAtMs = performance.now() + this.#plainEveryMs
      this.#write([...view.map(({ text }) => (text === '' ? '' : `      ${text}`)), ''])
    }
  }

  /** Leaves the last picture on the screen, without a phase; gives the cursor back. */
  close(): void {
    this.#phase = undefined
    if (!this.#isTerminal) return
    this.#redraw()
    this.#drawn = 0
    this.#view = []
    process.off('exit', this.#showCursor)
    this.#showCursor()
  }

  /** Writes lines which stay, above what changes. */
  #write(lines: readonly string[]): void {
    if (!this.#isTerminal) this.#output.write(lines.map((line) => `${line}\n`).join(''))
    else this.#overwrite(lines)
  }

  #redraw(): void {
    this.#overwrite([])
  }

  #overwrite(staying: readonly string[]): void {
    const { name, beganMs = 0 } = this.#phase ?? {}
    const seconds = Math.floor((performance.now() - beganMs) / 1000)
    const phase = name === undefined ? [] : [this.#styled(` ..   ${name} ${seconds > 0 ? `${seconds} s` : ''}`, 'bold')]
    const view = this.#view.map(({ text, style }) => this.#styled(clipText(text, this.width), style))
    // A picture higher than the terminal could not be reached again to be overwritten.
    const changing = [...phase, ...view].slice(0, Math.max(1, this.#output.rows - 1))
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : ''
    const text = [...staying, ...changing].map((line) => `${line}\x1b[K\n`).join('')
    this.#output.write(`\r${up}${text}\x1b[J`)
    this.#drawn = changing.length
  }

  /** `styleText` keeps to NO_COLOR and to what the terminal can. */
  #styled(text: string, style: Style | undefined): string {
    return style === undefined || !this.#isTerminal ? text : styleText(style, text, { stream: this.#output })
  }
}
