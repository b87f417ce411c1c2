import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { InputDefinition } from './input-definition.ts'
import { escapeXml, type InputScheme, schemeXml } from './scheme.ts'
import type { ValidationDefinition } from './validation-definition.ts'

/** A modular input: what it takes, how its settings are checked, and how it runs. */
export interface ModularInput {
  readonly scheme: InputScheme
  /** Resolves when the settings are good; rejects with a message for whoever filled in the form. */
  validate(definition: ValidationDefinition, context: ModularInputContext): Promise<void>
  /** Runs the input: resolves when it has ended, at the latest soon after the signal's abort. */
  stream(definition: InputDefinition, context: ModularInputContext): Promise<void>
}

/** The process as a modular input sees it. */
export interface ModularInputContext {
  /** Aborts when the input shall end; in a validation also when its time is up. */
  readonly signal: AbortSignal
  readonly stdout: Writable
  readonly logger: Logger
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface ModularInputHost extends ModularInputContext {
  /** What follows the program's name on the command line. */
  readonly argv: readonly string[]
  readonly stdin: Readable
  /** For a whole validation; splunkd gives up after 30 s. Default 9,000: with the start of the process it stays below 10 s. */
  readonly validationTimeoutMs?: number
  /** How long a failed input waits before it ends, so that `interval = 0` is no crash loop. Default 5,000. */
  readonly failureDelayMs?: number
}

/**
 * Speaks splunkd's protocol for modular inputs. Resolves with the exit code and never rejects:
 *
 *     --scheme              scheme XML on stdout                                      0
 *     --validate-arguments  <items> on stdin; nothing, or <error> on stdout           0, 1
 *     (nothing)             <input> on stdin; the input runs until it is told to end  0, 1
 *     anything else         one ERROR line                                            1
 *
 * Definitions are loaded only when a document has to be parsed: splunkd asks for the scheme at each start.
 */
export async function runModularInput(input: ModularInput, host: ModularInputHost): Promise<number> {
  const [mode, ...rest] = host.argv
  if (rest.length === 0) {
    if (mode === undefined) return runStream(input, host)
    if (mode === '--scheme') return writeOut(host, schemeXml(input.scheme))
    if (mode === '--validate-arguments') return runValidation(input, host)
  }
  host.logger.error('start', {
    error: `Splunk starts ${input.scheme.name}; by hand, use --scheme or --validate-arguments`,
    arguments: host.argv.length,
  })
  return 1
}

async function runStream(input: ModularInput, host: ModularInputHost): Promise<number> {
  try {
    const { readDocument } = await import('./document.ts')
    const { parseInputDefinition } = await import('./input-definition.ts')
    const definition = parseInputDefinition(await readDocument(host.stdin, host))
    if (definition.stanzas.length === 0) return 0
    if (definition.stanzas.length > 1 && input.scheme.singleInstance !== true) {
      throw new KinloaderError('BAD_DOCUMENT', 'Splunk handed over several inputs to a process for one.')
    }
    await input.stream(definition, host)
    return 0
  } catch (error) {
    // A stop and a reader that went away are no failures: nobody needs to be told.
    if (host.signal.aborted || host.stdout.errored !== null) return 0
    host.logger.error('stream', { error: errorText(error), code: errorCode(error) })
    await host.clock.sleep(host.failureDelayMs ?? 5000, host.signal)
    return 1
  }
}

async function runValidation(input: ModularInput, host: ModularInputHost): Promise<number> {
  const timeoutMs = host.validationTimeoutMs ?? 9000
  const ended = new AbortController()
  const expired = new AbortController()
  const signal = AbortSignal.any([host.signal, expired.signal])
  const deadline = host.clock.sleep(timeoutMs, AbortSignal.any([host.signal, ended.signal])).then(() => {
    expired.abort()
    throw new KinloaderError(
      'VALIDATION_TIMEOUT',
      `The check of these settings did not end within ${timeoutMs / 1000} s: see whether this machine reaches the endpoints, or set a proxy.`,
    )
  })
  try {
    await Promise.race([deadline, validate(input, { ...host, signal })])
    return 0
  } catch (error) {
    if (host.signal.aborted) return 1
    if (!(error instanceof KinloaderError)) host.logger.error('validate', { error: errorText(error) })
    await writeOut(host, `<error><message>${escapeXml(errorText(error))}</message></error>\n`)
    return 1
  } finally {
    ended.abort()
    await deadline.catch(() => undefined)
  }
}

async function validate(input: ModularInput, host: ModularInputHost): Promise<void> {
  const { readDocument } = await import('./document.ts')
  const { parseValidationDefinition } = await import('./validation-definition.ts')
  await input.validate(parseValidationDefinition(await readDocument(host.stdin, host)), host)
}

/** Resolves when the text has left the process. */
function writeOut(host: ModularInputHost, text: string): Promise<number> {
  return new Promise((resolve) => {
    host.stdout.write(text, (error) => {
      resolve(error instanceof Error ? 1 : 0)
    })
  })
}
