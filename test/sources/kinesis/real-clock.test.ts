import { systemClock } from '../../../src/host/system-clock.ts'
import { kinesisReaderContract } from '../../contracts/kinesis-reader.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { startKinesisServer } from '../../fakes/kinesis/http-door.ts'
import { startKinesisLocal } from '../../support/kinesis-local.ts'

kinesisReaderContract('the fake', async () => {
  const engine = new KinesisEngine({ clock: systemClock })
  const server = await startKinesisServer(engine, { clock: systemClock })
  return { endpoint: server.endpoint, region: 'us-east-1', close: () => server.close() }
})

kinesisReaderContract('kinesis-local', async () => {
  const local = await startKinesisLocal()
  return { endpoint: local.endpoint, region: 'us-east-1', close: () => local.stop() }
})
