import type { Logger } from '../core/logger.ts'
import { createStderrLogger } from './stderr-logger.ts'

/** What a library takes from the process it runs in when its user gives nothing else. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Writes to stderr: stdout belongs to the program. */
  readonly logger: Logger
}

export function surroundings(): Surroundings {
  return { environment: process.env, logger: createStderrLogger(process.stderr) }
}
