import { kinesisReaderContract } from '../contracts/kinesis-reader.ts'

/** A Kinesis which takes any credentials: `KINLOADER_VERIFY_KINESIS_ENDPOINT=http://127.0.0.1:5000`. */
const endpoint = process.env['KINLOADER_VERIFY_KINESIS_ENDPOINT']
if (endpoint === undefined) throw new Error('Set KINLOADER_VERIFY_KINESIS_ENDPOINT to the endpoint to verify against.')

/**
 * moto's Kinesis is another reading of the API than that of the fake and of kinesis-local, and differs from AWS in this:
 *
 * - A closed shard always has a next iterator and never names its children, and what is put after a split still goes
 *   into the parent; a merge leaves the parents' records there and copies them into the child as well. Therefore the
 *   cases of following a split and a merge cannot be had, which `endsShards` tells the contract.
 * - Sequence numbers are 1, 2, 3, … in each shard. The reader compares none, so it goes on after them all the same.
 * - An iterator got by ARN has forgotten the stream's name, so that GetRecords without StreamARN fails: the reader always
 *   gives the ARN.
 * - Nothing is limited and no iterator expires: neither is part of this contract.
 */
kinesisReaderContract(
  'moto',
  () => Promise.resolve({ endpoint, region: 'us-east-1', close: () => Promise.resolve() }),
  {
    endsShards: false,
  },
)
