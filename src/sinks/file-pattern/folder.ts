import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { errorCode, KinloaderError } from '../../core/errors.ts'

/**
 * A folder which nothing is written outside of, whatever links others have placed in it: each folder on the way is
 * looked at before the next, no link is followed but into this folder, and the opened file is looked at once more.
 */
export class TargetFolder {
  readonly #folder: string
  #real: string | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Opens a regular file for appending, with folders and file made where they are missing. Throws what Node throws, and `OUTSIDE_FOLDER`. */
  open(names: readonly string[]): number {
    const real = this.#realFolder()
    let current = real
    for (const name of names.slice(0, -1)) current = this.#entered(real, path.join(current, name))
    const file = path.join(current, names.at(-1) ?? '')
    const descriptor = openWithoutFollowing(file)
    if (descriptor !== undefined) return this.#checked(real, file, descriptor)
    const target = realpathSync(file)
    if (!isInside(real, target)) throw outside(file, target)
    return this.#checked(real, target, openWithoutFollowing(target))
  }

  #realFolder(): string {
    if (this.#real === undefined) {
      mkdirSync(this.#folder, { recursive: true })
      this.#real = realpathSync(this.#folder)
    }
    return this.#real
  }

  #entered(real: string, folder: string): string {
    let isLink = false
    try {
      isLink = lstatSync(folder).isSymbolicLink()
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      try {
        mkdirSync(folder)
      } catch (made) {
        if (errorCode(made) !== 'EEXIST') throw made
      }
    }
    if (!isLink) return folder
    const target = realpathSync(folder)
    if (!isInside(real, target)) throw outside(folder, target)
    return target
  }

  /** A folder on the way may have been replaced by a link since it was looked at. */
  #checked(real: string, file: string, descriptor: number | undefined): number {
    if (descriptor === undefined) throw outside(file, 'another link')
    try {
      const opened = fstatSync(descriptor, { bigint: true })
      if (!opened.isFile()) throw new KinloaderError('NO_FILE', `${file} is no regular file`)
      const target = realpathSync(file)
      const there = statSync(target, { bigint: true })
      if (!isInside(real, target) || there.ino !== opened.ino || there.dev !== opened.dev) throw outside(file, target)
      return descriptor
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }
}

/** Undefined when it is a link. A pipe without a reader fails instead of waiting for one. */
function openWithoutFollowing(file: string): number | undefined {
  const { O_WRONLY, O_CREAT, O_APPEND } = constants
  try {
    return openSync(file, O_WRONLY | O_CREAT | O_APPEND | notThroughLinks | notWaiting, 0o666)
  } catch (error) {
    if (errorCode(error) === 'ELOOP' || errorCode(error) === 'EMLINK') return undefined
    throw error
  }
}

/** Windows has neither; there the look at the opened file must do. */
const { O_NOFOLLOW: notThroughLinks = 0, O_NONBLOCK: notWaiting = 0 } = constants as Partial<typeof constants>

function isInside(folder: string, target: string): boolean {
  const relative = path.relative(folder, target)
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

function outside(name: string, target: string): KinloaderError {
  return new KinloaderError(
    'OUTSIDE_FOLDER',
    `${name} leads to ${target}, outside of the target folder; remove the link`,
  )
}
