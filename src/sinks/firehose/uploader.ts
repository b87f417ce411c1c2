import { faultAction, firehoseFault, type FirehoseFault } from '../../clients/firehose-errors.ts'
import { isAborted } from '../../core/aborting.ts'
import { errorCode } from '../../core/errors.ts'
import { Deferred, settledOrAborted } from '../deferred.ts'
import { RequestSize } from '../kinesis/request-size.ts'
import { Bisection } from './bisection.ts'
import { Disposal } from './disposal.ts'
import { envelopeBytes } from './encoded-size.ts'
import { loadBatch } from './load-batch.ts'
import { measuredPut } from './measured-put.ts'
import type { BatchAnswer } from './put-batch.ts'
import { ReadFaults } from './read-faults.ts'
import type { WaitingRecord } from './record-store.ts'
import { RestingRecords } from './resting-records.ts'
import { UploadGate } from './upload-gate.ts'
import { UploadLog } from './upload-log.ts'
import type { Undelivered, UploaderOptions, UploadHealth } from './uploader-options.ts'

/** Between two attempts at what only a human can mend. */
const waitMs = 60_000

/**
 * Carries records from their store into a delivery stream, for ever: a record leaves the store when Firehose has
 * given it a RecordId, and there is no limit of attempts.
 *
 * A full request goes at once, everything else at the latest each `uploadMs`, by a timer which knows nothing of
 * traffic. What failed decides who rests:
 *
 * - Nothing of a request got through: all rest together, longer each time, then one request goes and finds out.
 * - Some of it did: those refused rest on their own, longer for those refused before, while others go on, in half as
 *   many requests at once. When `maxInFlight` requests' worth rest, others wait too.
 * - Only a human can help: all rest for a minute; `health` tells.
 * - A record because of which a request is refused is searched by halving, and put aside.
 * - One which cannot be read rests on its own as well, and is put aside when it is sure that it never can be.
 */
export class Uploader {
  readonly #options: UploaderOptions
  readonly #maxInFlight: number
  readonly #maxRecords: number
  readonly #gate: UploadGate
  readonly #resting: RestingRecords
  readonly #bisection = new Bisection()
  readonly #readFaults = new ReadFaults()
  readonly #log: UploadLog
  readonly #disposal: Disposal
  readonly #requestSize: RequestSize
  readonly #running = new Set<Promise<void>>()
  #drained = new Deferred()
  #wake = new AbortController()
  #isRunning = false
  #isDraining = false
  /** While draining: only a human could help. */
  #isHopeless = false
  /** How many of those the store has are to go without waiting for a full request. */
  #owed = 0
  #nextFlushMs = Number.NEGATIVE_INFINITY
  #failing: { readonly sinceMs: number; fault: FirehoseFault; code: string } | undefined

  constructor(options: UploaderOptions) {
    const { store, clock, logger, stream, random, maxInFlight = 4, maxRecords = 500 } = options
    const { maxEncodedBytes = 4_194_304 } = options
    this.#options = options
    this.#maxInFlight = maxInFlight
    this.#maxRecords = maxRecords
    this.#gate = new UploadGate(maxInFlight, random)
    this.#resting = new RestingRecords(random)
    this.#log = new UploadLog(logger, clock, stream)
    this.#disposal = new Disposal(options, this.#log)
    this.#requestSize = new RequestSize(maxEncodedBytes - envelopeBytes(stream))
    store.onAdded = () => {
      this.#wake.abort()
    }
  }

  health(): UploadHealth {
    const { clock, store } = this.#options
    const { oldestMs } = store
    if (this.#failing === undefined) return { oldestMs }
    // The wall clock may have jumped meanwhile, the duration is what counts.
    const failingSinceMs = clock.now() - (clock.monotonic() - this.#failing.sinceMs)
    return { failingSinceMs, lastError: this.#failing.code, oldestMs }
  }

  /**
   * Uploads until the signal aborts; requests under way are broken off then, so `drain` comes first. Never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#work(signal, () => false)
  }

  /**
   * Uploads everything, full request or not, until nothing is left, the deadline aborts, or only a human could help.
   * For the end, while `run` runs or after it. Never rejects; returns what is left.
   */
  async drain(deadline: AbortSignal): Promise<Undelivered> {
    const { store } = this.#options
    this.#isDraining = true
    this.#isHopeless = false
    this.#owed = Infinity
    // What was hopeless a minute ago gets one more chance.
    if (this.#failing !== undefined && faultAction(this.#failing.fault) === 'wait') this.#gate.open()
    this.#drained = new Deferred()
    this.#wake.abort()
    if (this.#isRunning) await settledOrAborted(this.#drained.promise, deadline)
    else await this.#work(deadline, () => this.#isDrained())
    return { records: store.waiting, bytes: store.waitingBytes }
  }

  async #work(signal: AbortSignal, isDone: () => boolean): Promise<void> {
    const { clock } = this.#options
    this.#isRunning = true
    while (!isAborted(signal)) {
      // Before the store is looked at: what comes in meanwhile must not be slept over.
      this.#wake = new AbortController()
      const nowMs = clock.monotonic()
      this.#lookAtTheClock(nowMs)
      if (this.#isDraining && this.#isDrained()) this.#drained.resolve()
      if (isDone()) break
      if (this.#startOne(nowMs, signal)) continue
      await clock.sleep(this.#idleMs(nowMs), AbortSignal.any([signal, this.#wake.signal]))
    }
    await Promise.all(this.#running)
    this.#isRunning = false
    this.#drained.resolve()
  }

  /** What is due by now, whether or not it may go. */
  #lookAtTheClock(nowMs: number): void {
    const { store, uploadMs = 60_000 } = this.#options
    this.#giveBack(this.#resting.takeRested(nowMs))
    if (nowMs < this.#nextFlushMs) return
    this.#owed = Math.max(this.#owed, store.takeable().records)
    this.#nextFlushMs = nowMs + uploadMs
  }

  #isDrained(): boolean {
    if (this.#running.size > 0) return false
    return this.#isHopeless || this.#options.store.waiting <= this.#bisection.alone
  }

  #startOne(nowMs: number, signal: AbortSignal): boolean {
    if (!this.#gate.isOpen(this.#running.size, nowMs)) return false
    const records = this.#bisection.next() ?? this.#take() ?? this.#bisection.nextAlone()
    if (records === undefined) return false
    const upload = this.#upload(records, signal).finally(() => {
      this.#running.delete(upload)
      this.#wake.abort()
    })
    this.#running.add(upload)
    return true
  }

  /** From the store, if it is time. */
  #take(): readonly WaitingRecord[] | undefined {
    const { store } = this.#options
    const { maxBytes } = this.#requestSize
    const { records, encodedBytes } = store.takeable()
    const isFull = records >= this.#maxRecords || encodedBytes >= maxBytes
    if (records === 0 || !(isFull || this.#owed > 0) || this.#tooManyRest) return undefined
    const taken = store.take({ maxRecords: this.#maxRecords, maxEncodedBytes: maxBytes })
    this.#owed = Math.max(0, this.#owed - taken.length)
    return taken.length === 0 ? undefined : taken
  }

  get #tooManyRest(): boolean {
    const { size, encodedBytes } = this.#resting
    return (
      size >= this.#maxInFlight * this.#maxRecords || encodedBytes >= this.#maxInFlight * this.#requestSize.maxBytes
    )
  }

  /** Until something is due; whatever else may happen wakes. */
  #idleMs(nowMs: number): number {
    const untilMs = this.#gate.untilMs > nowMs ? this.#gate.untilMs : Infinity
    return Math.min(untilMs, this.#resting.nextMs, this.#nextFlushMs) - nowMs
  }

  /** One request and what follows from it. Never rejects. */
  async #upload(records: readonly WaitingRecord[], signal: AbortSignal): Promise<void> {
    const { round } = this.#gate
    // The bytes live in there only: what follows may take long.
    const outcome = await this.#send(records, signal)
    if (outcome === undefined) return
    if ('error' in outcome) await this.#failed(outcome, round, signal)
    else await this.#answered(outcome, round, signal)
  }

  /** Undefined when nothing was sent. */
  async #send(records: readonly WaitingRecord[], signal: AbortSignal): Promise<Outcome | undefined> {
    const { store, clock } = this.#options
    const { maxBytes } = this.#requestSize
    const loaded = await loadBatch(store, records, { maxEncodedBytes: maxBytes, faults: this.#readFaults })
    const { batch, bytes, encodedBytes, unfit, unread, tooMuch } = loaded
    for (const { record, error } of unread) this.#log.storeFailed('read', record, error)
    this.#resting.add(
      unread.map(({ record }) => record),
      clock.monotonic(),
    )
    this.#giveBack(tooMuch)
    for (const { record, reason } of unfit) await this.#quarantine(record, reason)
    if (batch.length === 0 || isAborted(signal)) {
      this.#giveBack(batch.map(({ record }) => record))
      return undefined
    }
    try {
      return { encodedBytes, answer: await measuredPut(this.#options, { batch, bytes }, signal) }
    } catch (error) {
      return { encodedBytes, error, sent: batch.map(({ record }) => record) }
    }
  }

  async #answered({ answer, encodedBytes }: AnsweredCall, round: number, signal: AbortSignal): Promise<void> {
    const { accepted, refused } = answer
    const { clock, counters } = this.#options
    for (const { code } of refused) counters.add(`batch_record_failed.${knownCode(code)}`)
    const again = refused.map(({ record }) => record)
    const [first] = refused
    if (accepted.length === 0 && first !== undefined) {
      const error = Object.assign(new Error(first.message), { name: first.code })
      this.#nothingPassed(firehoseFault(error), error, { round, encodedBytes })
      this.#giveBack(again)
      return
    }
    if (first === undefined) this.#requestSize.answered()
    this.#gate.passed(round, { isWhole: first === undefined })
    this.#failing = undefined
    this.#log.recovered()
    if (first !== undefined) {
      counters.add('upload_retries.some_records')
      this.#log.refusedSome(first, refused.length)
      this.#resting.add(again, clock.monotonic())
      this.#wake.abort()
    }
    for (const record of accepted) {
      counters.add('uploaded_records')
      counters.add('uploaded_bytes', record.bytes)
      this.#bisection.accepted(record)
      this.#resting.forget(record)
    }
    for (const record of accepted) await this.#disposal.remove(record, signal)
  }

  /** The whole call failed, or nobody knows: what a time-out leaves in doubt is put again, the same bytes. */
  async #failed({ error, sent, encodedBytes }: FailedCall, round: number, signal: AbortSignal): Promise<void> {
    if (isAborted(signal)) {
      this.#giveBack(sent)
      return
    }
    const fault = firehoseFault(error)
    if (faultAction(fault) !== 'bisect') {
      this.#nothingPassed(fault, error, { round, encodedBytes })
      this.#giveBack(sent)
      return
    }
    const guilty = this.#bisection.refused(sent)
    if (guilty !== undefined) await this.#quarantine(guilty, 'refused')
    else if (sent.length === 1) this.#nothingPassed(fault, error, { round, encodedBytes })
    else this.#options.counters.add(`upload_retries.${fault}`)
  }

  #nothingPassed(
    fault: FirehoseFault,
    error: unknown,
    { round, encodedBytes }: { readonly round: number; readonly encodedBytes: number },
  ): void {
    const { clock, counters } = this.#options
    const nowMs = clock.monotonic()
    // On a slow line a large request never arrives in time, and of a large one a small quota takes nothing or little.
    if (fault === 'unanswered' || fault === 'throttled') this.#requestSize.lost(encodedBytes)
    const isHopeless = faultAction(fault) === 'wait'
    counters.add(`upload_retries.${fault}`)
    this.#failing = { sinceMs: this.#failing?.sinceMs ?? nowMs, fault, code: errorCode(error) }
    this.#log.failed(fault, error)
    if (isHopeless) this.#isHopeless = true
    this.#gate.failed(round, nowMs, isHopeless ? waitMs : undefined)
  }

  #giveBack(records: readonly WaitingRecord[]): void {
    if (records.length === 0) return
    this.#options.store.giveBack(records)
    this.#owed += records.length
  }

  async #quarantine(record: WaitingRecord, reason: string): Promise<void> {
    if (!(await this.#disposal.quarantine(record, reason))) {
      this.#resting.add([record], this.#options.clock.monotonic())
      return
    }
    this.#bisection.forget(record)
    this.#resting.forget(record)
    this.#readFaults.forget(record)
  }
}

interface FailedCall {
  readonly error: unknown
  readonly sent: readonly WaitingRecord[]
  readonly encodedBytes: number
}

interface AnsweredCall {
  readonly answer: BatchAnswer
  readonly encodedBytes: number
}

type Outcome = AnsweredCall | FailedCall

/** A few names as AWS spells them, and `other`: whoever answers must not choose how many counters there are. */
function knownCode(code: string): string {
  return code === 'ServiceUnavailableException' || code === 'InternalFailure' || code === 'missing' ? code : 'other'
}
