import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Figures } from '../piped.ts'

/** A process of the bench which tells on standard error what it does, and at its end, in a line of JSON, what it was. */
export class Child {
  readonly process: ChildProcess
  /** What it said of itself. Rejects when it has said nothing. */
  readonly figures: Promise<Figures>
  readonly #lines: string[] = []
  readonly #listeners = new Set<(line: string) => void>()

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.process = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.figures = this.#read()
    this.figures.catch(() => undefined)
  }

  /** The first line with these words; rejects with what it said when it ends without. */
  async line(words: string): Promise<string> {
    const said = this.#lines.find((line) => line.includes(words))
    if (said !== undefined) return said
    return new Promise((resolve, reject) => {
      this.#listeners.add((line) => {
        if (line.includes(words)) resolve(line)
      })
      this.process.once('exit', () => {
        reject(new Error(`a bench process ended early: ${this.#lines.slice(-3).join(' | ')}`))
      })
    })
  }

  /** Tells it to end; resolves with what it said of itself. */
  async stop(): Promise<Figures> {
    this.process.kill('SIGTERM')
    return this.figures
  }

  async #read(): Promise<Figures> {
    let last: Figures | undefined
    if (this.process.stderr === null) throw new Error('a bench process without standard error')
    for await (const line of createInterface({ input: this.process.stderr })) {
      if (line.startsWith('{')) last = JSON.parse(line) as Figures
      else {
        this.#lines.push(line)
        if (this.#lines.length > maxLines) this.#lines.shift()
        for (const listener of this.#listeners) listener(line)
      }
    }
    if (last === undefined) throw new Error(`a bench process said nothing of itself: ${this.#lines.join(' | ')}`)
    return last
  }
}

const maxLines = 100
