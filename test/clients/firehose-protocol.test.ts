import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { FirehoseClient, PutRecordBatchCommand, type PutRecordBatchCommandInput } from '@aws-sdk/client-firehose'
import { type HttpRequest, HttpResponse } from '@smithy/core/transport'
import fc from 'fast-check'
import { createFirehoseClient } from '../../src/clients/firehose.ts'

/** A client's network which keeps the last request's body. */
class Kept {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  body = ''

  async handle(request: HttpRequest): Promise<{ response: HttpResponse }> {
    const body = request.body as Uint8Array
    assert.equal(request.headers['content-length'], String(body.length))
    this.body = Buffer.from(body).toString('latin1')
    const headers = { 'content-type': 'application/x-amz-json-1.1' }
    const answer = Buffer.from('{"FailedPutCount":0,"RequestResponses":[]}')
    return { response: new HttpResponse({ statusCode: 200, headers, body: Readable.from([answer]) }) }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {}
}

const network = new Kept()
const key = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }
const credentials = (): Promise<typeof key> => Promise.resolve(key)
const ours = createFirehoseClient({ region: 'us-east-1', credentials, requestHandler: network })
const theirs = new FirehoseClient({ region: 'us-east-1', credentials, requestHandler: network, maxAttempts: 1 })

async function bodyBy(client: FirehoseClient, input: PutRecordBatchCommandInput): Promise<string> {
  await client.send(new PutRecordBatchCommand(input))
  return network.body
}

async function isSame(input: PutRecordBatchCommandInput): Promise<void> {
  assert.equal(await bodyBy(ours, input), await bodyBy(theirs, input))
}

describe('the fast body of PutRecordBatch', () => {
  it("is the SDK's own, byte for byte", async () => {
    const records = fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 0, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[\w.-]{1,64}$/), records, (name, all) =>
        isSame({ DeliveryStreamName: name, Records: all.map((Data) => ({ Data })) }),
      ),
    )
  })

  it('is so where a record takes several pieces, and ends within one', async () => {
    for (const bytes of [24_575, 24_576, 24_577, 49_152, 100_001]) {
      const Data = Uint8Array.from({ length: bytes }, (_, at) => (at * 31) & 0xff)
      await isSame({ DeliveryStreamName: 'logs', Records: [{ Data }, { Data: Data.subarray(1, 9) }] })
    }
  })

  it("leaves to the SDK what is no plain batch, and the next one is the batch's own again", async () => {
    await isSame({ DeliveryStreamName: 'logs', Records: [{ Data: undefined }] })
    await isSame({ DeliveryStreamName: 'logs', Records: [{ Data: Buffer.from('next') }] })
  })
})
