import assert from 'node:assert/strict'
import type { GetRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import { AnsweredRecord } from '../../../src/clients/kinesis-answer.ts'
import { Base64Text } from '../../../src/core/base64-text.ts'
import { readAnswer } from '../../../src/sources/kinesis/answer.ts'

function answer(records: number, bytes: number): GetRecordsCommandOutput {
  const Records = Array.from({ length: records }, (_, i) => ({
    SequenceNumber: String(i),
    PartitionKey: 'key',
    Data: Buffer.alloc(bytes),
  }))
  return { Records, $metadata: {} }
}

describe('an answer of GetRecords', () => {
  it('holds more memory than its data: a small record costs more around it than in it', () => {
    const { bytes, heldBytes } = readAnswer('shardId-000000000000', answer(1000, 9))
    assert.equal(bytes, 9000)
    assert.ok(heldBytes >= 1000 * (9 + 500), `${heldBytes}`)
  })

  it('counts keys against the shard’s rate, as AWS does', () => {
    assert.equal(readAnswer('shardId-000000000000', answer(10, 100)).countedBytes, 10 * (100 + 3))
  })

  it('is caught up and at its end when it says nothing else', () => {
    const { records, behindMs, nextIterator, children } = readAnswer('shardId-000000000000', {
      Records: [],
      $metadata: {},
    })
    assert.deepEqual([records, behindMs, nextIterator, children], [[], 0, undefined, []])
  })

  it('keeps the data in base64 when asked to, and counts its bytes all the same', () => {
    const data = Buffer.alloc(1000, 'data')
    const text = Base64Text.of(Buffer.from(data.toString('base64')))
    const Records = [new AnsweredRecord({ SequenceNumber: '1', PartitionKey: 'key' }, text)]
    const [plain, kept] = [false, true].map((keeps) =>
      readAnswer('shardId-000000000000', { Records, $metadata: {} }, keeps),
    )
    assert.deepEqual([kept?.bytes, kept?.countedBytes], [1000, 1003])
    assert.deepEqual([kept?.bytes, kept?.countedBytes], [plain?.bytes, plain?.countedBytes])
    assert.equal((kept?.heldBytes ?? 0) - (plain?.heldBytes ?? 0), 1336 - 1000)
    assert.deepEqual([plain?.records[0]?.base64, kept?.records[0]?.base64], [undefined, text])
    assert.deepEqual([plain?.records[0]?.data, kept?.records[0]?.data], [data, data])
  })
})
