import { randomBytes } from 'node:crypto'
import { encodeLogRecord } from '../codecs/log-record-encoding.ts'
import { probeMark } from '../codecs/log-record.ts'
import { awsMessage } from '../clients/aws-message.ts'
import { kinesisAdvice } from '../clients/kinesis-advice.ts'
import { kinesisFault } from '../clients/kinesis-errors.ts'
import type { KinesisInlet } from '../clients/kinesis-inlet.ts'
import { isAborted } from '../core/aborting.ts'
import { Backoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { KinloaderError } from '../core/errors.ts'

export interface ProbeOptions {
  readonly inlet: KinesisInlet
  readonly streamName: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How often it is tried again where waiting may help. Default 3. */
  readonly retries?: number
}

/**
 * Puts the probe, a record without events which consumers pass over: whether the stream is there, may be written to
 * and can be reached is known before the first event. Rejects with `PROBE_FAILED` and one sentence.
 */
export async function probeStream(options: ProbeOptions): Promise<void> {
  const { inlet, streamName, clock, signal, retries = 3 } = options
  const backoff = new Backoff({ baseMs: 250, maxMs: 5000 })
  for (let attempt = 0; ; attempt += 1) {
    const problem = await tryOnce(inlet, streamName, signal)
    if (problem === undefined) return
    if (attempt === retries || !problem.mayPass || isAborted(signal)) {
      throw new KinloaderError('PROBE_FAILED', `Kinesis check failed: ${problem.text}.`, { cause: problem.cause })
    }
    await clock.sleep(backoff.next(), signal)
  }
}

interface Problem {
  readonly text: string
  readonly mayPass: boolean
  readonly cause?: unknown
}

async function tryOnce(inlet: KinesisInlet, streamName: string, signal: AbortSignal): Promise<Problem | undefined> {
  const metadata = {
    unbroken: false,
    source: probeMark,
    sourcetype: probeMark,
    host: probeMark,
    index: probeMark,
    encId: randomBytes(8).readBigUInt64BE() >> 1n,
    blockId: 0n,
  }
  try {
    const [result] = await inlet.put([{ data: encodeLogRecord(metadata, []), partitionKey: probeMark }], signal)
    if (result?.errorCode === undefined) return undefined
    return { text: awsMessage(new Error(`${result.errorCode}: ${result.message}`)), mayPass: true }
  } catch (cause) {
    const fault = kinesisFault(cause)
    const mayPass = fault === 'throttled' || fault === 'transient'
    return { text: kinesisAdvice(fault, cause, streamName, 'put'), mayPass, cause }
  }
}
