import { KinloaderError, errorCode } from '../../core/errors.ts'
import { type Files, removeFile, writeWhole } from '../spooling/files.ts'

/**
 * How often the making of records has died over a segment. A death ends the process, so the count is on the disk: one
 * segment which is deadly would end each process that finds it, and nothing behind it would ever be delivered.
 *
 * One line, of the segment which was the last to be deadly: `000000000042-k3v9x0ab.journal 2`. Segments are made one
 * after the other, so the others have no count.
 */
export class SegmentDeaths {
  readonly #path: string
  readonly #files: Files
  #segment: string
  #count: number

  private constructor(path: string, files: Files, segment: string, count: number) {
    this.#path = path
    this.#files = files
    this.#segment = segment
    this.#count = count
  }

  /** What cannot be read as a count is none. Rejects when the disk fails. */
  static async read(path: string, files: Files): Promise<SegmentDeaths> {
    const [, segment = '', count = '0'] = /^(\S+) (\d{1,9})\n$/.exec(await textOf(path, files)) ?? []
    return new SegmentDeaths(path, files, segment, Number(count))
  }

  of(segment: string): number {
    return segment === this.#segment ? this.#count : 0
  }

  /** One more. Rejects when the disk fails. */
  async add(segment: string): Promise<void> {
    this.#count = this.of(segment) + 1
    this.#segment = segment
    const handle = await this.#files.open(this.#path, 'w', 0o600)
    try {
      await writeWhole(handle, Buffer.from(`${segment} ${this.#count}\n`), 0)
    } finally {
      await handle.close()
    }
  }

  /** The segment is gone. Rejects when the disk fails. */
  async forget(segment: string): Promise<void> {
    if (this.of(segment) === 0) return
    this.#segment = ''
    await removeFile(this.#path, this.#files)
  }
}

async function textOf(path: string, files: Files): Promise<string> {
  try {
    const { size } = await files.stat(path)
    return size > maxFileBytes ? '' : (await files.readFile(path)).toString()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  }
}

/** Whatever is larger no process of ours wrote. */
const maxFileBytes = 1024

/** Why a segment which was deadly so often is not made again. */
export function deadly(deaths: number): KinloaderError {
  return new KinloaderError('WORKER', `the thread which makes records has died over it ${deaths} times`)
}
