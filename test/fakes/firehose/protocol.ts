import { AwsError } from '../kinesis/errors.ts'
import type { Json } from '../kinesis/json.ts'
import type { Waiting, WireAnswer, WireRequest } from '../kinesis/protocol.ts'
import { type FirehoseCall, type FirehoseEngine, isObject, putMembers } from './engine.ts'
import type { FirehoseFault } from './faults.ts'

const target = /^Firehose_20150804\.(\w+)$/

const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

/**
 * AWS JSON 1.1 for Firehose, and the query protocol for STS's GetCallerIdentity, on top of the engine. Resolves with
 * undefined where the connection breaks instead of an answer.
 */
export async function answerFirehose(
  engine: FirehoseEngine,
  request: WireRequest,
  waiting: Waiting,
): Promise<WireAnswer | undefined> {
  const isSts = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  const operation = isSts ? stsAction(request.body) : (target.exec(request.headers['x-amz-target'] ?? '')?.[1] ?? '')
  const members = isSts ? undefined : parsed(request.body)
  const records = isObject(members) && Array.isArray(members['Records']) ? members['Records'].length : 0
  const call = engine.begin(operation, records, request.body.length)
  const fault = engine.faults.take(operation, engine.clock.now())
  if (fault?.kind === 'delay') await waiting.sleep(fault.ms)
  if (fault?.kind === 'hang') await waiting.forever()
  if (fault?.kind === 'hang' || fault?.kind === 'reset' || waiting.signal.aborted) {
    call.error = fault?.kind ?? 'aborted'
    return undefined
  }
  let answer: WireAnswer
  try {
    const whole = wholeCallFault(fault, call)
    answer =
      whole !== undefined
        ? plainAnswer(engine, whole.status, whole.body)
        : isSts
          ? stsAnswer(engine, operation)
          : plainAnswer(engine, 200, JSON.stringify(execute(engine, operation, members, request.body.length, fault)))
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    call.error = error.name
    answer = isSts ? stsError(engine, error) : plainAnswer(engine, error.status, errorJson(error))
  }
  if (fault?.kind !== 'lost-answer') return answer
  call.error = fault.kind
  return undefined
}

/** An answer which has nothing to do with the request; throws AWS's own errors. */
function wholeCallFault(
  fault: FirehoseFault | undefined,
  call: FirehoseCall,
): { readonly status: number; readonly body: string } | undefined {
  if (fault?.kind === 'throttle') throw new AwsError('ServiceUnavailableException', 'Slow down.', 503)
  if (fault?.kind === 'error') {
    throw new AwsError(fault.name, fault.message ?? `This call was made to fail with ${fault.name}.`, fault.status)
  }
  if (fault?.kind !== 'http') return undefined
  call.error = fault.kind
  return { status: fault.status ?? 500, body: fault.body ?? '' }
}

function execute(
  engine: FirehoseEngine,
  operation: string,
  members: unknown,
  bodyBytes: number,
  fault: FirehoseFault | undefined,
): Json {
  if (operation === 'DescribeDeliveryStream') {
    const name = isObject(members) ? members['DeliveryStreamName'] : undefined
    return engine.describe(typeof name === 'string' ? name : '')
  }
  if (operation !== 'PutRecordBatch') throw new AwsError('UnknownOperationException', '')
  const refused =
    fault?.kind === 'fail-entries'
      ? { indexes: fault.indexes, code: fault.code ?? 'ServiceUnavailableException' }
      : undefined
  const answer = engine.putRecordBatch(putMembers(members), bodyBytes, refused)
  if (fault?.kind !== 'short-list' || !isObject(answer)) return answer
  const list = answer['RequestResponses']
  return { ...answer, RequestResponses: Array.isArray(list) ? (list.slice(0, -fault.missing) as Json[]) : [] }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
  } catch {
    return undefined // which is then refused as a SerializationException
  }
}

function errorJson({ name, message }: AwsError): string {
  return JSON.stringify({ __type: name, message })
}

function plainAnswer(engine: FirehoseEngine, status: number, text: string): WireAnswer {
  const body = Buffer.from(text)
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': String(body.length),
    'x-amzn-requestid': '00000000-0000-4000-8000-000000000000',
    date: new Date(engine.clock.now()).toUTCString(),
  }
  return { status, headers, body }
}

function stsAction(body: Uint8Array): string {
  return new URLSearchParams(Buffer.from(body).toString()).get('Action') ?? ''
}

function stsAnswer(engine: FirehoseEngine, action: string): WireAnswer {
  if (action !== 'GetCallerIdentity') throw new AwsError('InvalidAction', `Could not find operation ${action}`)
  const { accountId } = engine
  return xmlAnswer(
    engine,
    200,
    `<GetCallerIdentityResponse xmlns="${stsNamespace}"><GetCallerIdentityResult>` +
      `<Arn>arn:aws:iam::${accountId}:user/tester</Arn><UserId>AIDATESTER</UserId><Account>${accountId}</Account>` +
      `</GetCallerIdentityResult></GetCallerIdentityResponse>`,
  )
}

function stsError(engine: FirehoseEngine, { name, message, status }: AwsError): WireAnswer {
  return xmlAnswer(
    engine,
    status,
    `<ErrorResponse xmlns="${stsNamespace}"><Error><Type>Sender</Type><Code>${name.replace(/Exception$/, '')}</Code>` +
      `<Message>${message}</Message></Error></ErrorResponse>`,
  )
}

function xmlAnswer(engine: FirehoseEngine, status: number, text: string): WireAnswer {
  const headers = { 'content-type': 'text/xml', date: new Date(engine.clock.now()).toUTCString() }
  return { status, headers, body: Buffer.from(text) }
}
