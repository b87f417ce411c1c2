import { Multiline, type MultilineCounters } from '../../../codecs/multiline.ts'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { CommandInput } from '../../../sources/command.ts'
import { StdinInput } from '../../../sources/stdin.ts'
import type { TextInput } from '../../../sources/text-input.ts'
import { counted } from '../counted.ts'
import { copyEvents } from './event-copying.ts'
import type { EventOutlet } from './event-outlet.ts'
import { EventPrinting } from './event-printing.ts'
import { readSendSettings, sendDefinition, type SendSettings } from './flags.ts'
import { TransferProgress } from '../transfer-progress.ts'

export const log2kinesisSend: RunnableCommand = { definition: sendDefinition, run: send }

/** The stream that is none. */
const testStream = 'testsplit'

/**
 * Bytes of an event, with which it fits into a record of 1 MiB whatever the bytes are: base64 in gzip takes at most
 * 1.3 % more than they do, and metadata are short.
 */
const maxEventBytes = 1000 * 1024

async function send(values: CommandValues, host: ProgramHost): Promise<number> {
  const settings = readSendSettings(values, host.argv)
  const { timestamp, mode, pattern, maxLines } = settings
  const isTest = settings.aws.stream.name === testStream
  const { outlet, failed } = isTest ? printing(host) : await sending(settings, host)
  const input = await inputOf(settings, host)
  void failed.then(() => {
    input.close()
  })
  const multiline = new Multiline({
    mode,
    ...(pattern !== undefined && { pattern }),
    maxLines,
    maxEventBytes,
    ...(timestamp !== undefined && { prefix: () => `${timestamp(host.clock.now())} ` }),
  })
  const progress = isTest ? undefined : progressOf(settings, outlet, host)
  void progress?.run()
  try {
    await copyEvents(input, multiline, outlet, progress)
  } finally {
    progress?.end()
    tellSplits(multiline.counters, host)
  }
  if (!input.isCut()) return input.exitCode()
  host.terminal.write(`${sendDefinition.name}: stopped before the end of the input.\n`)
  return exitCodes.partly
}

interface OpenOutlet {
  readonly outlet: EventOutlet
  /** Resolves when no event will arrive any more. */
  readonly failed: Promise<unknown>
}

function printing({ stdout, signal }: ProgramHost): OpenOutlet {
  const closed = new Promise((resolve) => {
    stdout.once('error', resolve)
  })
  return { outlet: new EventPrinting(stdout, signal), failed: closed }
}

/** AWS code is loaded here, where it is needed: a test of the splitting is quick. */
async function sending(settings: SendSettings, host: ProgramHost): Promise<OpenOutlet> {
  const { aws, metadata, giveUpMs, isProbed, spoolFolder } = settings
  const { clock, signal, logger, environment } = host
  const { connectAsCli } = await import('../../aws-connection.ts')
  const { openLogSender } = await import('../../log-sender.ts')
  const { EventSending } = await import('./event-sending.ts')
  try {
    const client = await connectAsCli(aws, environment)
    const sender = await openLogSender({
      stream: aws.stream.arn ?? aws.stream.name,
      client,
      giveUpMs,
      probe: isProbed,
      ...(spoolFolder !== undefined && { spoolFolder }),
      logger,
      clock,
    })
    return {
      outlet: new EventSending({ sender, metadata, clock, signal, isSpooled: spoolFolder !== undefined }),
      failed: sender.failed,
    }
  } catch (cause) {
    const text = `Failed to initialize Kinesis sender: ${errorText(cause)}`
    throw new KinloaderError(errorCode(cause) || 'SENDER_FAILED', text, { cause })
  }
}

function inputOf({ command, capture }: SendSettings, host: ProgramHost): Promise<TextInput> | TextInput {
  const { stdin, clock, signal, terminal } = host
  const [file, ...args] = command
  if (file === undefined) return new StdinInput({ stdin, clock, signal })
  return CommandInput.start({
    file,
    args,
    capture,
    clock,
    signal,
    stopSignal: () => host.stoppedBy() ?? 'SIGTERM',
    isInForeground: terminal.isTerminal,
  })
}

function progressOf(
  { showsProgress, command }: SendSettings,
  outlet: EventOutlet,
  host: ProgramHost,
): TransferProgress | undefined {
  const { terminal, clock } = host
  const totalBytes = command.length === 0 ? host.stdinFileBytes() : undefined
  if (!showsProgress && !(terminal.isTerminal && totalBytes !== undefined)) return undefined
  const waitingEvents = (): number => outlet.waitingEvents()
  return new TransferProgress({ name: sendDefinition.name, terminal, clock, totalBytes, waitingEvents })
}

/** In one line, what did not stay together. */
function tellSplits({ splitLines, splitEvents }: MultilineCounters, { terminal }: ProgramHost): void {
  const what = [
    ...(splitLines === 0 ? [] : [counted(splitLines, 'line')]),
    ...(splitEvents === 0 ? [] : [counted(splitEvents, 'event of several lines', 'events of several lines')]),
  ]
  if (what.length === 0) return
  const limit = maxEventBytes.toLocaleString('en-US')
  terminal.write(
    `${sendDefinition.name}: ${what.join(' and ')} had to be split, for an event has at most ${limit} bytes.\n`,
  )
}
