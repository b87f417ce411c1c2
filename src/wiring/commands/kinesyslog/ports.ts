import { type CommandValues, usageError } from '../../../host/command-line.ts'
import { parseInteger } from '../../inputs/setting-values.ts'

/** The ports of a repeatable flag, in order, without zeros, which stand for none, and repetitions. Throws `USAGE`. */
export function portsOf({ lists }: CommandValues, name: string): readonly number[] {
  const ports = (lists.get(name) ?? []).map((text) => parsePort(text, name))
  return [...new Set(ports)].filter((port) => port !== 0)
}

function parsePort(text: string, name: string): number {
  try {
    return parseInteger(text, { min: 0, max: 65_535 })
  } catch {
    throw usageError(`--${name} must be a port between 0 and 65535.`)
  }
}
