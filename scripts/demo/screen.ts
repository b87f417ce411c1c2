import { styleText } from 'node:util'
import type { ViewLine } from './live-view.ts'
import { clipText, textWidth, wrapText } from './text-width.ts'

export interface ScreenOptions {
  /** Where to: a terminal is redrawn in place, anything else gets plain lines. */
  readonly output: NodeJS.WriteStream
  /** Between two pictures of what changes, on a terminal. Default 200. */
  readonly redrawEveryMs?: number
  /** The same where nothing can be redrawn. Default 4,000. */
  readonly plainEveryMs?: number
}

type Style = 'bold' | 'dim' | 'red' | 'green'

const indent = '      '

/**
 * The demo's picture: lines which stay, and below them what changes, the phase first.
 *
 * On a terminal the changing part is overwritten in place by one write a picture, line by line and never cleared
 * before, so nothing flickers. Elsewhere the same lines come out plain: now and then, and at the end of a phase.
 */
export class Screen {
  readonly #options: Required<ScreenOptions>
  readonly #isTerminal: boolean
  readonly #showCursor = (): void => {
    this.#options.output.write('\x1b[?25h')
  }
  #drawn = 0
  #view: readonly ViewLine[] = []
  #render: (width: number) => readonly ViewLine[] = () => []
  #timer: NodeJS.Timeout | undefined
  #phase: { readonly name: string; readonly beganMs: number } | undefined

  constructor(options: ScreenOptions) {
    const { output } = options
    this.#options = { redrawEveryMs: 200, plainEveryMs: 4000, ...options }
    this.#isTerminal = output.isTTY && process.env['TERM'] !== 'dumb'
    if (!this.#isTerminal) return
    output.write('\x1b[?25l')
    process.once('exit', this.#showCursor)
    this.#every(this.#options.redrawEveryMs)
  }

  /** A text which stays. */
  say(text: string, style?: Style): void {
    this.#write(text.split('\n').map((line) => this.#styled(line, style)))
  }

  /** Names what goes on until `done`. */
  begin(name: string): void {
    this.#phase = { name, beganMs: performance.now() }
    if (this.#isTerminal) this.#picture()
    else {
      this.say(` ..   ${name}`)
      this.#every(this.#options.plainEveryMs)
    }
  }

  /** The phase has ended well; `detail` says how. */
  done(detail: string): void {
    const { name = '', beganMs = 0 } = this.#phase ?? {}
    if (!this.#isTerminal) this.#picture()
    this.#phase = undefined
    const seconds = `${((performance.now() - beganMs) / 1000).toFixed(1)} s`
    const ok = this.#styled(' ok ', 'green')
    if (textWidth(name) + textWidth(detail) + seconds.length + 12 <= this.#width) {
      this.#write([`${ok}  ${name}: ${detail} ${this.#styled(`(${seconds})`, 'dim')}`])
      return
    }
    const details = wrapText(detail, this.#width - indent.length).map((line) => `${indent}${line}`)
    this.#write([`${ok}  ${name} ${this.#styled(`(${seconds})`, 'dim')}`, ...details])
  }

  /** What changes, from now on. */
  watch(render: (width: number) => readonly ViewLine[]): void {
    this.#render = render
    if (this.#isTerminal) this.#picture()
  }

  /** Leaves the last picture where it is, without a phase; gives the cursor back. Twice is fine. */
  close(): void {
    clearInterval(this.#timer)
    this.#phase = undefined
    if (!this.#isTerminal) return
    this.#picture()
    this.#drawn = 0
    this.#view = []
    this.#render = () => []
    process.off('exit', this.#showCursor)
    this.#showCursor()
  }

  get #width(): number {
    // The last column stays free: some terminals wrap a line which fills it. Some say they have no columns.
    return this.#isTerminal ? (this.#options.output.columns || 80) - 1 : 140
  }

  #every(ms: number): void {
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      this.#picture()
    }, ms)
  }

  #picture(): void {
    this.#view = this.#render(this.#width)
    if (this.#isTerminal) this.#overwrite([])
    else if (this.#view.length > 0) {
      this.#write([...this.#view.map(({ text }) => (text === '' ? '' : `${indent}${text}`)), ''])
    }
  }

  /** Lines which stay go above what changes. */
  #write(lines: readonly string[]): void {
    if (this.#isTerminal) this.#overwrite(lines)
    else this.#options.output.write(lines.map((line) => `${line}\n`).join(''))
  }

  #overwrite(staying: readonly string[]): void {
    const { output } = this.#options
    const view = this.#view.map(({ text, style }) => this.#styled(clipText(text, this.#width), style))
    // A picture higher than the terminal could not be reached again to be overwritten.
    const changing = [...this.#phaseLine(), ...view].slice(0, Math.max(1, (output.rows || 24) - 1))
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : ''
    const text = [...staying, ...changing].map((line) => `${line}\x1b[K\n`).join('')
    output.write(`\r${up}${text}\x1b[J`)
    this.#drawn = changing.length
  }

  #phaseLine(): readonly string[] {
    if (this.#phase === undefined) return []
    const { name, beganMs } = this.#phase
    const seconds = Math.floor((performance.now() - beganMs) / 1000)
    return [this.#styled(clipText(` ..   ${name}${seconds > 0 ? ` (${seconds} s)` : ''}`, this.#width), 'bold')]
  }

  /** `styleText` keeps to NO_COLOR and to what the terminal can. */
  #styled(text: string, style: Style | undefined): string {
    return style === undefined || !this.#isTerminal ? text : styleText(style, text, { stream: this.#options.output })
  }
}
