import { KinloaderError } from '../core/errors.ts'
import { silentLogger } from '../core/logger.ts'
import type { Listener } from '../sources/sockets/listener.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import type { ValidationDefinition } from '../splunk/validation-definition.ts'
import { readSyslogSettings, type SyslogSettings } from './inputs/kinloader-syslog-settings.ts'
import { syslogScheme } from './inputs/kinloader-syslog.ts'
import { parseBoolean } from './inputs/setting-values.ts'
import { listInputs, type ListedInput } from './listed-inputs.ts'
import { sentence } from './sentence.ts'
import { openSockets } from './socket-source.ts'
import { connectSplunkd } from './splunkd-connection.ts'

const requestTimeoutMs = 4000

/**
 * Checks an input's settings before Splunk saves them: that no other input has its ports, that certificates can be read
 * and fit together, and that the ports can be listened on, which is tried for a moment. Rejects with the first thing
 * found wrong.
 *
 * An input which is edited while it runs holds its ports itself: splunkd asks before it saves, and starts the input
 * again afterwards. So a port in use is no fault when it is one of those which splunkd knows of this very input, and
 * the input is enabled.
 */
export async function validateSyslog(definition: ValidationDefinition, context: ModularInputContext): Promise<void> {
  const { environment, signal } = context
  const home = environment['SPLUNK_HOME']
  const settings = readSyslogSettings(definition.params, home)
  const splunkd = connectSplunkd(definition, environment, { timeoutMs: requestTimeoutMs })
  let inputs: readonly EnabledInput[] = []
  try {
    inputs = (await listInputs(splunkd, syslogScheme.name, signal)).flatMap((input) => enabled(input, home))
  } finally {
    await splunkd.close()
  }
  refuseSharedPorts(
    settings.listeners,
    inputs.filter(({ name }) => name !== definition.name),
  )
  const formerSelf = inputs.find(({ name }) => name === definition.name)
  await checkSockets(settings, formerSelf?.listeners ?? [], context)
}

interface EnabledInput {
  readonly name: string
  readonly listeners: readonly Listener[]
}

/** Nothing for one which listens nowhere, because it is disabled or its settings cannot be read. */
function enabled({ name, params }: ListedInput, home: string | undefined): EnabledInput[] {
  try {
    const disabled = params.get('disabled')
    if (typeof disabled === 'string' && disabled !== '' && parseBoolean(disabled)) return []
    return [{ name, listeners: readSyslogSettings(params, home).listeners }]
  } catch {
    return []
  }
}

function refuseSharedPorts(listeners: readonly Listener[], others: readonly EnabledInput[]): void {
  for (const { name, listeners: theirs } of others) {
    const shared = listeners.find((listener) => theirs.some((other) => isSamePort(listener, other)))
    if (shared === undefined) continue
    throw new KinloaderError(
      'SECOND_INPUT',
      `The input "${name}" listens on ${networkOf(shared)} port ${shared.port} already: give this one another port, or edit that one.`,
    )
  }
}

async function checkSockets(
  settings: SyslogSettings,
  own: readonly Listener[],
  { clock, signal }: ModularInputContext,
): Promise<void> {
  try {
    const { source, failures } = await openSockets(settings, { clock, logger: silentLogger, stop: signal })
    await source.close(AbortSignal.abort())
    const failure = failures.find(
      ({ code, listener }) => code !== 'LISTEN_IN_USE' || !own.some((held) => isSamePort(held, listener)),
    )
    if (failure !== undefined) throw new KinloaderError(failure.code, failure.message)
  } catch (error) {
    if (!(error instanceof KinloaderError)) throw error
    throw new KinloaderError(error.code, sentence(error.message), { cause: error })
  }
}

function isSamePort(one: Listener, other: Listener): boolean {
  return one.port === other.port && networkOf(one) === networkOf(other) && overlap(one.address, other.address)
}

function networkOf({ transport }: Listener): 'UDP' | 'TCP' {
  return transport === 'udp' ? 'UDP' : 'TCP'
}

/** `::` takes IPv4 as well. */
function overlap(one: string, other: string): boolean {
  const takesAll = (all: string, address: string): boolean =>
    all === '::' || (all === '0.0.0.0' && !address.includes(':'))
  return one === other || takesAll(one, other) || takesAll(other, one)
}
