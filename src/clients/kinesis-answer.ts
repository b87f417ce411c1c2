import type { _Record } from '@aws-sdk/client-kinesis'
import { Base64Text } from '../core/base64-text.ts'

interface WireRecord {
  /** Or, in the rest of an answer, which of the cut out texts it was. */
  Data?: string | number | null | undefined
  ApproximateArrivalTimestamp?: number | null | undefined
  PartitionKey?: string | null | undefined
  EncryptionType?: _Record['EncryptionType'] | null
  SequenceNumber?: string | null | undefined
}

interface WireAnswer {
  Records?: WireRecord[]
  [member: string]: unknown
}

/** A record of a GetRecords answer. Its data is decoded each time it is asked for. */
export class AnsweredRecord implements _Record {
  readonly SequenceNumber: string | undefined
  readonly PartitionKey: string | undefined
  readonly EncryptionType: _Record['EncryptionType']
  readonly ApproximateArrivalTimestamp: Date | undefined
  readonly #data: Base64Text | string | undefined

  constructor(wire: WireRecord, data: Base64Text | string | undefined) {
    this.SequenceNumber = wire.SequenceNumber ?? undefined
    this.PartitionKey = wire.PartitionKey ?? undefined
    this.EncryptionType = wire.EncryptionType ?? undefined
    const seconds = wire.ApproximateArrivalTimestamp
    // Epoch seconds with a fraction on the wire.
    this.ApproximateArrivalTimestamp = typeof seconds === 'number' ? new Date(Math.round(seconds * 1000)) : undefined
    this.#data = data
  }

  get Data(): Uint8Array | undefined {
    if (this.#data instanceof Base64Text) return this.#data.decode()
    return this.#data === undefined ? undefined : Buffer.from(this.#data, 'base64')
  }

  /** The data as it came; undefined when it did not come in the form in which base64 is passed on. */
  get base64(): Base64Text | undefined {
    return this.#data instanceof Base64Text ? this.#data : undefined
  }
}

/**
 * Reads a GetRecords answer. Nearly all of one is data, which is cut out and left where it is; what is left is JSON of
 * 200 bytes a record:
 *
 *     {"Records":[{"SequenceNumber":"4959…","Data":"H4sI…","PartitionKey":"a"},{…,"Data":"H4sI…"}],"Next…
 *     {"Records":[{"SequenceNumber":"4959…","Data":     0 ,"PartitionKey":"a"},{…,"Data":     1 }],"Next…
 *
 * Throws a `SyntaxError` or a `TypeError` when it is no such answer.
 */
export function readGetRecords(body: Buffer): unknown {
  const cut = cutData(body)
  const answer = JSON.parse(cut?.rest ?? body.toString()) as WireAnswer
  // A null is an absent member, as the SDK has it: the end of a shard is a missing next iterator.
  for (const [name, value] of Object.entries(answer)) if (value === null) answer[name] = undefined
  if (answer.Records === undefined) return answer
  const records: AnsweredRecord[] = []
  let taken = 0
  for (const wire of answer.Records) {
    let data: Base64Text | string | undefined = typeof wire.Data === 'string' ? wire.Data : undefined
    if (typeof wire.Data === 'number') {
      // A number of the service's own, which is no data, would have another record's.
      if (wire.Data !== taken) throw new TypeError('Data is a number')
      data = cut?.texts[taken]
      taken += 1
    }
    records.push(new AnsweredRecord(wire, data))
  }
  return { ...answer, Records: records }
}

/**
 * Undefined when some data has another form than Kinesis gives it. In JSON a quote inside of a string has a backslash
 * before it, so that `"Data"` with none is a whole string, and with a colon behind it a key.
 */
function cutData(body: Buffer): { readonly rest: string; readonly texts: readonly Base64Text[] } | undefined {
  const texts: Base64Text[] = []
  let rest = ''
  let copied = 0
  for (let key = body.indexOf(dataKey); key >= 0; key = body.indexOf(dataKey, copied)) {
    const start = key + dataKey.length
    const end = body.indexOf(quote, start)
    if (end < 0 || body[key - 1] === backslash) return undefined
    const text = Base64Text.of(body.subarray(start, end))
    if (text === undefined) return undefined
    rest += `${body.toString('utf8', copied, start - 1)}${texts.length}`
    texts.push(text)
    copied = end + 1
  }
  return { rest: rest + body.toString('utf8', copied), texts }
}

const dataKey = Buffer.from('"Data":"')
const quote = 0x22
const backslash = 0x5c
