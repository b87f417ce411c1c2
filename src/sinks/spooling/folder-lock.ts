import { join } from 'node:path'
import { errorCode, KinloaderError } from '../../core/errors.ts'
import { type Files, removeFile } from './files.ts'

/** The processes of this machine, as far as a lock needs them. */
export interface ProcessTable {
  /** A file name's worth of text which names this process among all which ever ran here; begins with its pid. */
  readonly self: string
  /** Whether the process so named still runs. Text which is no such name is nobody. */
  isAlive(name: string): boolean
}

/**
 * One process a folder. Each puts down a file named after itself (`<pid>-….lock`, O_EXCL), and only then looks who
 * else is there: a living other one means no, files of the dead are removed. So there is no lock to be taken over,
 * which two processes could do at once, and no content which a crash could leave unwritten. Of two which start at the
 * same instant both may be refused, but never none.
 *
 * Processes which do not see each other (other machines on a network file system, containers with pids of their own)
 * are not told apart from dead ones: such a folder must not be shared.
 */
export class FolderLock {
  readonly #path: string
  readonly #files: Files

  private constructor(path: string, files: Files) {
    this.#path = path
    this.#files = files
  }

  static async take(folder: string, processes: ProcessTable, files: Files): Promise<FolderLock> {
    const own = `${processes.self}${suffix}`
    const lock = new FolderLock(join(folder, own), files)
    try {
      await (await files.open(lock.#path, 'wx', 0o600)).close()
    } catch (error) {
      if (errorCode(error) === 'EEXIST') throw locked(folder, own)
      throw error
    }
    try {
      for (const name of await files.readdir(folder)) {
        if (!name.endsWith(suffix) || name === own) continue
        if (processes.isAlive(name.slice(0, -suffix.length))) throw locked(folder, name)
        await removeFile(join(folder, name), files)
      }
    } catch (error) {
      await lock.release()
      throw error
    }
    return lock
  }

  release(): Promise<void> {
    return removeFile(this.#path, this.#files)
  }
}

const suffix = '.lock'

function locked(folder: string, name: string): KinloaderError {
  return new KinloaderError(
    'SPOOL_LOCKED',
    `The spool folder ${folder} is in use by process ${Number.parseInt(name, 10)}; give each process a folder of its own.`,
  )
}
