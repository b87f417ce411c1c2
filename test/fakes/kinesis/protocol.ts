import type { Call } from './calls.ts'
import type { KinesisEngine } from './engine.ts'
import { AwsError } from './errors.ts'
import type { Fault } from './faults.ts'
import type { Json } from './json.ts'

/** One HTTP request, whichever door it came through. Header names are in lower case. */
export interface WireRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** How a door waits: a delay on its clock, and for the caller to give up. */
export interface Waiting {
  sleep(durationMs: number): Promise<void>
  /** Until `signal` aborts. */
  forever(): Promise<void>
  readonly signal: AbortSignal
}

const target = /^Kinesis_20131202\.(\w+)$/

/** AWS JSON 1.1 on top of the engine. Resolves with undefined where the connection breaks instead of an answer. */
export async function answerRequest(
  engine: KinesisEngine,
  request: WireRequest,
  waiting: Waiting,
): Promise<WireAnswer | undefined> {
  const operation = target.exec(request.headers['x-amz-target'] ?? '')?.[1] ?? ''
  const members = parsed(request.body)
  const { streamName, shardId } = engine.subjectOf(members)
  const call: Call = { atMs: engine.now(), operation, streamName, shardId, error: undefined }
  engine.calls.begin(call)
  const fault = engine.faults.take(operation, streamName, shardId)
  if (fault?.kind === 'delay') await waiting.sleep(fault.ms)
  if (fault?.kind === 'hang') await waiting.forever()
  if (fault?.kind === 'hang' || fault?.kind === 'reset' || waiting.signal.aborted) {
    engine.calls.failed(call, fault?.kind ?? 'aborted')
    return undefined
  }

  let outcome: WireAnswer
  try {
    outcome = carriedOut(engine, operation, members, request, fault, call)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    engine.calls.failed(call, error.name)
    outcome = jsonAnswer(engine, error.status, { __type: error.name, message: error.message })
  }
  if (fault?.kind !== 'lost-answer') return outcome
  engine.calls.failed(call, fault.kind)
  return undefined
}

function carriedOut(
  engine: KinesisEngine,
  operation: string,
  members: unknown,
  request: WireRequest,
  fault: Fault | undefined,
  call: Call,
): WireAnswer {
  const { accountId, region } = engine
  const resource = `arn:aws:kinesis:${region}:${accountId}:stream/${call.streamName ?? '*'}`
  engine.access.check('kinesis', operation, request.headers['authorization'], resource)
  switch (fault?.kind) {
    case 'throttle':
      throw engine.throttleOf(operation, call.streamName, call.shardId)
    case 'error':
      throw new AwsError(fault.name, fault.message ?? `This call was made to fail with ${fault.name}.`, fault.status)
    case 'http':
      engine.calls.failed(call, fault.kind)
      return plainAnswer(engine, fault.status ?? 500, fault.body ?? '')
    case 'malformed':
      engine.calls.failed(call, fault.kind)
      return plainAnswer(engine, 200, '{"Records":[{"Data":"')
    case 'empty':
      return jsonAnswer(engine, 200, engine.execute(operation, members, { isEmpty: true }))
    case 'fail-entries':
      return jsonAnswer(engine, 200, engine.execute(operation, members, { refused: fault }))
    case 'delay':
    case 'hang':
    case 'reset':
    case 'lost-answer':
    case undefined:
      return jsonAnswer(engine, 200, engine.execute(operation, members))
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined // which the engine then refuses as a SerializationException
  }
}

function jsonAnswer(engine: KinesisEngine, status: number, body: Json): WireAnswer {
  return plainAnswer(engine, status, JSON.stringify(body))
}

function plainAnswer(engine: KinesisEngine, status: number, text: string): WireAnswer {
  const body = Buffer.from(text)
  return {
    status,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': String(body.length),
      'x-amzn-requestid': '00000000-0000-4000-8000-000000000000',
      date: new Date(engine.now()).toUTCString(),
    },
    body,
  }
}
