import type { Writable } from 'node:stream'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { KinesisInlet } from '../clients/kinesis-inlet.ts'
import type { Clock } from '../core/clock.ts'
import { KinloaderError } from '../core/errors.ts'
import type { LogEvent } from '../core/event.ts'
import type { Logger } from '../core/logger.ts'
import { surroundings } from '../host/surroundings.ts'
import { systemProcesses } from '../host/process-table.ts'
import { systemClock } from '../host/system-clock.ts'
import { createEventWriter, type EventMetadata, type EventWriterOptions } from '../sinks/kinesis/event-writer.ts'
import { MonitorLog } from '../sinks/kinesis/monitor-log.ts'
import type { SenderStatistics } from '../sinks/kinesis/put-statistics.ts'
import { KinesisSender, type Undelivered } from '../sinks/kinesis/sender.ts'
import { checkSendingOptions, type SendingOptions } from '../sinks/kinesis/sending-options.ts'
import { Spool } from '../sinks/spooling/spool.ts'
import { probeStream } from './kinesis-probe.ts'
import { connectStream } from './stream-connection.ts'

export interface LogSenderOptions extends SendingOptions {
  /** Name or ARN of the Kinesis data stream. */
  readonly stream: string
  /** Default: that of the ARN, else as the AWS SDK finds it. */
  readonly region?: string
  /** Instead of the public endpoint. */
  readonly endpoint?: string
  /**
   * Instead of one made from the environment. Its own retries apply to whole requests; one attempt is best, the sender
   * tries again itself.
   */
  readonly client?: KinesisClient
  /**
   * A folder where events are kept from before `write` resolves until they are delivered, so that the death of this
   * process loses none; one sender a folder. Default none.
   */
  readonly spoolFolder?: string
  /** Of that folder, in bytes; a full one is like a full memory. Default 1 GiB. */
  readonly maxSpoolBytes?: number
  /** Whether a probe, a record without events, is put at the start. Default true. */
  readonly probe?: boolean
  /** How often the probe is tried again where waiting may help. Default 3. */
  readonly probeRetries?: number
  /** Between two lines of statistics in the log, in milliseconds; 0 for none. Default 0. */
  readonly monitorIntervalMs?: number
  /** Default: lines on stderr. */
  readonly logger?: Logger
  /** Default the system's. */
  readonly clock?: Clock
}

/**
 * Sends log events to a Kinesis stream in the background. Close it before the process ends: what it holds is lost
 * otherwise.
 */
export interface LogSender {
  /**
   * Takes an event. Resolves at once while less than `maxPendingBytes` is held, and when there is room again
   * otherwise: waiting for it is the back-pressure. Rejects when the event was not taken: `EVENT_TOO_LARGE`,
   * `BAD_EVENT`, `QUEUE_FULL`, `CLOSED`, `SENDER_FAILED`. An event's `fields` have no place in a record and stay behind.
   */
  write(event: LogEvent): Promise<void>
  /** A stream each write of which is one event, for any logger; ending it neither flushes nor closes the sender. */
  writer(metadata: EventMetadata, options?: EventWriterOptions): Writable
  /** Resolves when what was taken before is delivered, or the time is up (default 30,000 ms), with what is left. */
  flush(timeoutMs?: number): Promise<Undelivered>
  /**
   * Takes nothing more and sends what is there, for at most that long (default 30,000 ms). Called again it may shorten
   * that.
   */
  close(timeoutMs?: number): Promise<Undelivered>
  statistics(): SenderStatistics
  /** Resolves with the reason when the sender has given up after `giveUpMs`: nothing is sent or taken any more. */
  readonly failed: Promise<Error>
}

/** A longer timer would be over at once. */
const longestTimerMs = 2 ** 31 - 1

/** Opens a sender. Rejects with `PROBE_FAILED` when the stream cannot be written to, `NO_REGION`, or `BAD_SETTING`. */
export async function openLogSender(options: LogSenderOptions): Promise<LogSender> {
  const {
    clock = systemClock,
    logger = surroundings().logger,
    probe = true,
    probeRetries = 3,
    monitorIntervalMs = 0,
  } = options
  // Before anything is put, or a folder is locked.
  checkOptions(options)
  const { stream, client, letGo } = await connectStream(options)
  const inlet = new KinesisInlet(client, stream)
  let spool: Spool | undefined
  try {
    const signal = new AbortController().signal
    if (probe) await probeStream({ inlet, streamName: stream.name, clock, signal, retries: probeRetries })
    spool = await openSpool(options, logger)
  } catch (error) {
    letGo()
    throw error
  }
  const sender = new KinesisSender({ ...options, inlet, streamName: stream.name, clock, logger, spool })
  sender.start()
  const monitor = new MonitorLog(sender, clock, logger, monitorIntervalMs)
  const deadlined = async <T>(timeoutMs: number, work: (deadline: AbortSignal) => Promise<T>): Promise<T> => {
    const deadline = new AbortController()
    const done = new AbortController()
    // Infinity is for ever.
    if (timeoutMs <= longestTimerMs) {
      void clock.sleep(timeoutMs, done.signal).then(() => {
        deadline.abort()
      })
    }
    try {
      return await work(deadline.signal)
    } finally {
      done.abort()
    }
  }
  return {
    write: (event) => sender.send(event),
    writer: (metadata, writerOptions) => createEventWriter(sender, metadata, clock, writerOptions),
    flush: (timeoutMs = 30_000) =>
      deadlined(timeoutMs, async (deadline) => {
        await sender.flush(deadline)
        return sender.pending
      }),
    close: async (timeoutMs = 30_000) => {
      try {
        return await deadlined(timeoutMs, (deadline) => sender.end(deadline))
      } finally {
        monitor.stop()
        letGo()
      }
    },
    statistics: () => sender.statistics(),
    failed: sender.failed,
  }
}

function checkOptions(options: LogSenderOptions): void {
  const { probeRetries = 0, monitorIntervalMs = 0, maxSpoolBytes = 1 } = options
  checkSendingOptions(options)
  const bad = (message: string): KinloaderError => new KinloaderError('BAD_SETTING', message)
  if (!(probeRetries >= 0)) throw bad('probeRetries must be at least 0.')
  if (!(maxSpoolBytes >= 1)) throw bad('maxSpoolBytes must be at least 1.')
  if (!(monitorIntervalMs >= 0 && monitorIntervalMs <= longestTimerMs)) {
    throw bad(`monitorIntervalMs must be 0 to ${longestTimerMs} milliseconds.`)
  }
}

async function openSpool({ spoolFolder, maxSpoolBytes }: LogSenderOptions, logger: Logger): Promise<Spool | undefined> {
  if (spoolFolder === undefined) return undefined
  return Spool.open({
    folder: spoolFolder,
    logger,
    processes: systemProcesses(),
    ...(maxSpoolBytes !== undefined && { maxBytes: maxSpoolBytes }),
  })
}
