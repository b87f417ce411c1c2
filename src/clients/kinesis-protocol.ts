import { AwsJson1_1Protocol } from '@aws-sdk/core/protocols'
import { JsonCodec2, JsonShapeDeserializer2 } from '@smithy/core/protocols'
import { NormalizedSchema } from '@smithy/core/schema'
import type { $Schema } from '@smithy/types'

type ProtocolOptions = ConstructorParameters<typeof AwsJson1_1Protocol>[0]

/**
 * AWS JSON 1.1 with a fast way through a GetRecords answer.
 *
 * The SDK's own way checks each blob with a regular expression before it decodes it, and walks the schema for each
 * record: two thirds of the CPU of a GetRecords call. The wire format is the same.
 */
export class FastKinesisProtocol extends AwsJson1_1Protocol {
  constructor(options: ProtocolOptions) {
    super({
      ...options,
      jsonCodec: new FastCodec({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false }),
    })
  }
}

class FastCodec extends JsonCodec2 {
  override createDeserializer(): JsonShapeDeserializer2 {
    const deserializer = new FastDeserializer(this.settings)
    if (this.serdeContext !== undefined) deserializer.setSerdeContext(this.serdeContext)
    return deserializer
  }
}

class FastDeserializer extends JsonShapeDeserializer2 {
  override read(schema: $Schema, data: unknown): ReturnType<JsonShapeDeserializer2['read']> {
    if (!(data instanceof Uint8Array) || NormalizedSchema.of(schema).getName() !== 'GetRecordsOutput') {
      return super.read(schema, data)
    }
    return Promise.resolve(readGetRecords(data))
  }
}

interface WireRecord {
  Data?: string | Uint8Array | null | undefined
  ApproximateArrivalTimestamp?: number | Date | null | undefined
  PartitionKey?: string | null | undefined
  EncryptionType?: string | null | undefined
  SequenceNumber?: string | null | undefined
}

interface WireAnswer {
  Records?: WireRecord[]
  [member: string]: unknown
}

function readGetRecords(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const answer = JSON.parse(text) as WireAnswer
  // A null is an absent member, as the SDK has it: the end of a shard is a missing next iterator.
  for (const [name, value] of Object.entries(answer)) if (value === null) answer[name] = undefined
  for (const record of answer.Records ?? []) {
    if (record.Data === null) record.Data = undefined
    if (record.ApproximateArrivalTimestamp === null) record.ApproximateArrivalTimestamp = undefined
    if (record.PartitionKey === null) record.PartitionKey = undefined
    if (record.EncryptionType === null) record.EncryptionType = undefined
    if (record.SequenceNumber === null) record.SequenceNumber = undefined
    if (typeof record.Data === 'string') record.Data = Buffer.from(record.Data, 'base64')
    if (typeof record.ApproximateArrivalTimestamp === 'number') {
      // Epoch seconds with a fraction on the wire.
      record.ApproximateArrivalTimestamp = new Date(Math.round(record.ApproximateArrivalTimestamp * 1000))
    }
  }
  return answer
}
