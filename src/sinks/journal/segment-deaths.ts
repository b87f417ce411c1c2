import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type Files, removeFile, writeWhole } from '../spooling/files.ts'

/**
 * How often the making of records has died over a segment. A death ends the process, so the count is on the disk: one
 * segment which is deadly would end each process that finds it, and nothing behind it would ever be delivered.
 *
 * One line a segment: `000000000042-k3v9x0ab.journal 2`. Usually there is one, since segments are made one after the
 * other; with a full quarantine those which were deadly too often stay in the journal, and so does their count. The
 * last `maxSegments` have one, and what came before them is forgotten: it would be made once more.
 */
export class SegmentDeaths {
  readonly #path: string
  readonly #files: Files
  /** In the order of their last deaths. */
  readonly #counts: Map<string, number>

  private constructor(path: string, files: Files, counts: Map<string, number>) {
    this.#path = path
    this.#files = files
    this.#counts = counts
  }

  /** What cannot be read, or not as a count, is none: it is only a help, and the start does without. Never rejects. */
  static async read(path: string, files: Files, logger: Logger): Promise<SegmentDeaths> {
    let text = ''
    try {
      text = await textOf(path, files)
    } catch (error) {
      logger.warn('spool', {
        error: errorText(error),
        code: errorCode(error),
        file: path,
        effect: 'how often records have died over which segment is not known',
      })
    }
    const lines = text.matchAll(/^(\S+) (\d{1,9})\n/gm)
    return new SegmentDeaths(path, files, new Map([...lines].map(([, name = '', count]) => [name, Number(count)])))
  }

  of(segment: string): number {
    return this.#counts.get(segment) ?? 0
  }

  /** One more. Rejects when the disk fails. */
  async add(segment: string): Promise<void> {
    const count = this.of(segment) + 1
    this.#counts.delete(segment)
    this.#counts.set(segment, count)
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= maxSegments) break
      this.#counts.delete(oldest)
    }
    await this.#write()
  }

  /** The segment is gone. Rejects when the disk fails. */
  async forget(segment: string): Promise<void> {
    if (!this.#counts.delete(segment)) return
    if (this.#counts.size > 0) await this.#write()
    else await removeFile(this.#path, this.#files)
  }

  async #write(): Promise<void> {
    const text = [...this.#counts].map(([segment, count]) => `${segment} ${count}\n`).join('')
    const temporary = `${this.#path}.tmp`
    // Never over what is there: it may be a pipe, and opening that waits for a reader.
    await removeFile(temporary, this.#files)
    const handle = await this.#files.open(temporary, 'wx', 0o600)
    try {
      await writeWhole(handle, Buffer.from(text), 0)
    } finally {
      await handle.close()
    }
    await this.#files.rename(temporary, this.#path)
  }
}

const maxSegments = 100

async function textOf(path: string, files: Files): Promise<string> {
  try {
    // Not what a link leads to, and nothing that is opened only when somebody writes to it.
    const found = await files.lstat(path)
    if (!found.isFile()) throw new KinloaderError('SPOOL_NO_FILE', 'It is no plain file; remove it.')
    return found.size > maxFileBytes ? '' : (await files.readFile(path)).toString()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  }
}

/** Whatever is larger no process of ours wrote. */
const maxFileBytes = 16 * 1024

/** Why a segment which was deadly so often is not made again. */
export function deadly(deaths: number): KinloaderError {
  return new KinloaderError('WORKER', `the thread which makes records has died over it ${deaths} times`)
}
