import { join } from 'node:path'
import { batchSuffix } from './batch-file.ts'
import type { Files } from './files.ts'

/** Small letters only: some file systems take two names which differ in case for one. */
export function isBatchName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,99}$/.test(name)
}

/** The batches of a folder in the order of their names, with the sizes of their files. Whatever else lies there stays. */
export async function batchesIn(folder: string, files: Files): Promise<Map<string, number>> {
  const entries = await files.readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(batchSuffix))
    .map((entry) => entry.name.slice(0, -batchSuffix.length))
    .filter(isBatchName)
    .sort()
  const sizes = new Map<string, number>()
  for (let at = 0; at < names.length; at += together) {
    const some = names.slice(at, at + together)
    const stats = await Promise.all(some.map((name) => files.stat(join(folder, `${name}${batchSuffix}`))))
    for (const [i, name] of some.entries()) sizes.set(name, stats[i]?.size ?? 0)
  }
  return sizes
}

const together = 64
