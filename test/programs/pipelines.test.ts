import { pipelinesContract } from '../contracts/pipelines.ts'
import { startKinesisLocal } from '../support/kinesis-local.ts'

pipelinesContract('kinesis-local', async () => {
  const local = await startKinesisLocal()
  return { endpoint: local.endpoint, region: 'us-east-1', close: () => local.stop() }
})
