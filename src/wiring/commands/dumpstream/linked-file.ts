import { readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * The file which a link leads to, which need not be there; a path that is no link stays as it is. Whoever replaces a
 * file by renaming another would replace the link itself, and leave what it leads to as it was.
 */
export function linkedFile(path: string): string {
  let file = path
  for (let links = 0; links < maxLinks; links++) {
    try {
      file = resolve(dirname(file), readlinkSync(file))
    } catch {
      return file
    }
  }
  return path // they lead in a circle: whoever opens it will say
}

export function isSameFile(path: string, other: string): boolean {
  return realPath(path) === realPath(other)
}

/** As many as Linux follows. */
const maxLinks = 40

function realPath(path: string): string {
  const file = resolve(linkedFile(path))
  try {
    return join(realpathSync(dirname(file)), basename(file))
  } catch {
    return file
  }
}
