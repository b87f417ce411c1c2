import { PassThrough, Readable } from 'node:stream'
import { systemClock } from '../../src/host/system-clock.ts'
import { type ModularInput, runModularInput } from '../../src/splunk/modular-input.ts'
import { validateInput } from '../../src/wiring/input-validation.ts'
import { kinloaderScheme } from '../../src/wiring/inputs/kinloader.ts'
import { RecordingLogger } from './recording-logger.ts'

export interface CheckOutcome {
  readonly code: number
  /** All of standard output. */
  readonly stdout: string
  /** The text of `<error><message>`, unescaped; undefined when standard output is anything but one of these. */
  readonly message: string | undefined
  readonly logger: RecordingLogger
  readonly elapsedMs: number
}

/** Asks an input whether it would take these settings, as splunkd does with `--validate-arguments`. Default `kinloader`. */
export async function checkInput(
  document: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  input: Pick<ModularInput, 'scheme' | 'validate'> = { scheme: kinloaderScheme, validate: validateInput },
): Promise<CheckOutcome> {
  const stdout = new PassThrough()
  const logger = new RecordingLogger()
  const startedMs = performance.now()
  const code = await runModularInput(
    { ...input, stream: () => Promise.reject(new Error('not asked for')) },
    {
      argv: ['--validate-arguments'],
      stdin: Readable.from([Buffer.from(document)]),
      stdout,
      logger,
      clock: systemClock,
      signal: new AbortController().signal,
      environment,
    },
  )
  const elapsedMs = performance.now() - startedMs
  const text = String(stdout.read() ?? '')
  const [, message] = /^<error><message>([^<>]+)<\/message><\/error>\n$/.exec(text) ?? []
  return { code, stdout: text, message: message === undefined ? undefined : unescaped(message), logger, elapsedMs }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replaceAll(/&(\w+);/g, (_, name: string) => entities[name] ?? '')
}
