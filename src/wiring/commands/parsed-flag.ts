import { type CommandValues, usageError } from '../../host/command-line.ts'

/**
 * A flag's value through a parser such as `parseDuration`, which throws a `RangeError` that completes "--flag must be".
 * Undefined when the flag has no value; throws `USAGE` when it has a wrong one.
 */
export function parsedFlag<T>(values: CommandValues, name: string, parse: (text: string) => T): T | undefined {
  const text = values.flags.get(name)
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof RangeError) throw usageError(`--${name} must be ${error.message}.`)
    throw error
  }
}
