import { readFile } from 'node:fs/promises'
import { errorCode, errorText } from '../../core/errors.ts'
import { checkedEntry, importError } from './errors.ts'

/**
 * kinlog's checkpoint file:
 *
 *     {"<shard id>":{"shard_id":"…","timestamp":"…","checkpoint":"<sequence number>"},…}
 *
 * One of no length holds no checkpoints: kinlog created the file before it had any.
 */
export async function readKinlogFile(path: string): Promise<ReadonlyMap<string, string>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? 'there is no such file' : errorText(error)
    throw importError(
      `${path} cannot be read (${why}); name kinlog's checkpoint file, or leave the setting empty.`,
      error,
    )
  }
  return parseKinlogFile(text, path)
}

/** The same of text; `path` is for messages. */
export function parseKinlogFile(text: string, path: string): ReadonlyMap<string, string> {
  if (text === '') return new Map()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw importError(
      `${path} is not JSON (${errorText(error)}); restore kinlog's checkpoint file from a backup.`,
      error,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw importError(`${path} is not a JSON object of checkpoints by shard; name kinlog's checkpoint file.`)
  }
  return new Map(
    Object.entries(value).map(([shard, entry]: [string, unknown]) => {
      const checkpoint =
        typeof entry === 'object' && entry !== null && 'checkpoint' in entry ? entry.checkpoint : undefined
      return checkedEntry(shard, typeof checkpoint === 'string' ? checkpoint : '', path)
    }),
  )
}
