import { pipelinesContract } from '../contracts/pipelines.ts'

/** A Kinesis which takes any credentials: `KINLOADER_VERIFY_KINESIS_ENDPOINT=http://127.0.0.1:5000`. */
const endpoint = process.env['KINLOADER_VERIFY_KINESIS_ENDPOINT']
if (endpoint === undefined) throw new Error('Set KINLOADER_VERIFY_KINESIS_ENDPOINT to the endpoint to verify against.')

pipelinesContract('moto', () => Promise.resolve({ endpoint, region: 'us-east-1', close: () => Promise.resolve() }))
