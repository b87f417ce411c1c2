import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('firehose.ts', import.meta.url))

/** What was taken: how many messages, and a digest of them in any order. */
export interface Taken {
  readonly messages: number
  readonly digest: string
}

/** A fake Firehose in a process of its own. */
export class CannedFirehose {
  readonly endpoint: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(endpoint: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.endpoint = endpoint
    this.#child = child
    this.#lines = lines
  }

  static async start(how: 'taking' | 'refusing' = 'taking'): Promise<CannedFirehose> {
    const child = spawn(process.execPath, ['--no-warnings', program, how], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return new CannedFirehose(String((await lines.next()).value), child, lines)
  }

  /** Ends it. `file`: a gzip file of lines whose messages count, too. */
  async taken(file = ''): Promise<Taken> {
    this.#child.stdin?.end(file)
    return JSON.parse(String((await this.#lines.next()).value)) as Taken
  }
}
