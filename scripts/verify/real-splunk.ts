import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { errorText } from '../../src/core/errors.ts'
import { localKey } from '../demo/local-stream.ts'
import { findRuntime, packageApp } from '../package.ts'
import { Checks } from './real-splunk/checks.ts'
import { NumberedEvents } from './real-splunk/numbered-events.ts'
import { Splunk, type SplunkOptions } from './real-splunk/splunk.ts'
import { type Outcome, skip, type Step, type StepContext } from './step.ts'

/**
 * Installs the app into the Splunk of SPLUNK_HOME, has it read a local Kinesis, searches what was put, and removes the
 * input and the app. It logs in with SPLUNK_USERNAME (default admin) and SPLUNK_PASSWORD at SPLUNK_MANAGEMENT_URI
 * (default https://127.0.0.1:8089), may restart that Splunk, and leaves 1,000 events in SPLUNK_INDEX (default main).
 */
export const realSplunkStep: Step = {
  name: 'a real Splunk',
  async run(context) {
    const { env } = process
    const home = env['SPLUNK_HOME'] ?? ''
    if (home === '') return skip('SPLUNK_HOME is not set')
    const password = env['SPLUNK_PASSWORD'] ?? ''
    if (password === '') throw new Error(`SPLUNK_PASSWORD is not set; the Splunk in ${home} asks for it`)
    return verifyRealSplunk(
      {
        home,
        password,
        username: env['SPLUNK_USERNAME'] ?? 'admin',
        managementUri: env['SPLUNK_MANAGEMENT_URI'] ?? 'https://127.0.0.1:8089',
        index: env['SPLUNK_INDEX'] ?? 'main',
        makeArchive,
      },
      context,
    )
  },
}

export interface RealSplunkOptions extends SplunkOptions {
  readonly index: string
  readonly makeArchive: () => Promise<string>
  /** How long events may take to be found, in milliseconds. Default 120,000. */
  readonly searchTimeoutMs?: number
  /** Between two questions, in milliseconds. Default 2,000. */
  readonly pollMs?: number
}

/** Every step back is a check as well, and is done whatever went wrong before. */
export async function verifyRealSplunk(options: RealSplunkOptions, context: StepContext): Promise<Outcome> {
  const checks = new Checks(context.say)
  const splunk = new Splunk(options)
  const undoing: (() => Promise<unknown>)[] = []
  try {
    await play(options, splunk, checks, context, (undo) => undoing.push(undo))
  } catch (error) {
    await checks.check('it goes to the end', () => Promise.reject(new Error(errorText(error))))
  } finally {
    for (const undo of undoing.reverse()) await undo().catch(() => undefined)
    await splunk.close()
  }
  return checks.outcome()
}

async function play(
  options: RealSplunkOptions,
  splunk: Splunk,
  checks: Checks,
  context: StepContext,
  onEnd: (undo: () => Promise<unknown>) => void,
): Promise<void> {
  // What somebody uses must not be replaced, nor removed afterwards.
  if (await splunk.hasApp()) {
    throw new Error('kinloader is installed in that Splunk; remove it there, or use another SPLUNK_HOME')
  }
  const archive = await options.makeArchive()
  onEnd(() =>
    checks.check('the app can be removed', () =>
      splunk.remove({ say: context.say, signal: AbortSignal.timeout(300_000) }),
    ),
  )
  const isInstalled = await checks.check('the app can be installed, and splunkd knows its scheme', () =>
    splunk.install(archive, context),
  )
  if (!isInstalled) return

  const name = `kinloader-verify-${randomBytes(4).toString('hex')}`
  const events = await NumberedEvents.start(name, options.index, onEnd)
  await checks.check('an input for a stream which does not exist is refused, with a sentence', async () => {
    const said = await splunk.createInput(`${name}-wrong`, settingsFor(events, `${name}-missing`)).then(
      () => 'nothing',
      (error: unknown) => errorText(error),
    )
    if (!said.includes('does not exist')) throw new Error(`Splunk said ${said}`)
  })
  const isCreated = await checks.check('an input can be created', () =>
    splunk.createInput(name, settingsFor(events, events.streamName)),
  )
  if (!isCreated) return
  onEnd(() => checks.check('the checkpoints can be removed', () => splunk.removeCheckpoints()))
  onEnd(() => checks.check('the input can be removed', () => splunk.removeInput(name)))

  // Splunk restarts the input when its secret has moved: events which are on their way then may come twice.
  const { searchTimeoutMs = 120_000, pollMs = 2000 } = options
  await checks.check('the secret moves out of inputs.conf', () =>
    until({ pollMs, timeoutMs: 60_000, signal: context.signal }, async () => {
      const { aws_secret_access_key: secret } = await splunk.input(name)
      return secret === '********' ? [] : ['it still stands there, or nothing does']
    }),
  )
  await events.put()
  await checks.check(`${events.count} events are found, with the time, host and sourcetype of their records`, () =>
    until({ pollMs, timeoutMs: searchTimeoutMs, signal: context.signal }, async () => {
      const row = await splunk.search(events.search)
      context.say(`${String(row?.['count'] ?? 0)} events are found, ${String(row?.['numbers'] ?? 0)} different ones`)
      return row === undefined ? ['nothing is found'] : events.faults(row)
    }),
  )
}

function settingsFor(events: NumberedEvents, stream: string): Readonly<Record<string, string>> {
  return {
    stream,
    region: events.region,
    endpoint: events.endpoint,
    initial_position: 'trim_horizon',
    aws_access_key_id: localKey.accessKeyId,
    aws_secret_access_key: localKey.secretAccessKey,
    index: events.index,
  }
}

interface Patience {
  readonly pollMs: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Asks again and again until nothing is wrong any more; rejects with what still is when the time is over. */
async function until(patience: Patience, ask: () => Promise<readonly string[]>): Promise<void> {
  const { pollMs, timeoutMs, signal } = patience
  const giveUpMs = performance.now() + timeoutMs
  for (;;) {
    const faults = await ask()
    if (faults.length === 0) return
    if (performance.now() > giveUpMs || signal.aborted) throw new Error(faults.join(', '))
    await sleep(pollMs, undefined, { signal }).catch(() => undefined)
  }
}

async function makeArchive(): Promise<string> {
  const folder = fileURLToPath(new URL('../../.verify/real-splunk', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const archive = path.join(folder, 'kinloader.tar.gz')
  const hasRuntime = process.platform === 'linux' && process.arch === 'x64'
  await packageApp({ folder: path.join(folder, 'kinloader'), archive, ...(hasRuntime && { runtime: findRuntime() }) })
  return archive
}
