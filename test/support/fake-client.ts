import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { createKinesisClient } from '../../src/clients/aws.ts'
import type { KinesisEngine } from '../fakes/kinesis/engine.ts'
import type { SdkDoor } from '../fakes/kinesis/sdk-door.ts'

/** A client as programs make it, at the door of a fake. */
export function fakeClient(engine: KinesisEngine, requestHandler: SdkDoor): KinesisClient {
  return createKinesisClient({
    region: engine.region,
    credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
    requestHandler,
  })
}
