import assert from 'node:assert/strict'
import { doors, type World } from './world.ts'

for (const [name, open] of doors) {
  describe(`fake Kinesis, access, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    it('lets known keys in and nobody else', async () => {
      world = await open({ accessKeyIds: ['AKIASOMEBODY'] })
      await assert.rejects(world.client.listStreams({}), {
        name: 'UnrecognizedClientException',
        message: 'The security token included in the request is invalid.',
      })
      world.engine.access.admit('AKIATESTER')
      await world.client.listStreams({})
    })

    it('denies single operations, and names user, action and resource', async () => {
      world = await open()
      world.engine.createStream('logs')
      world.engine.access.deny('ListShards')
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), {
        name: 'AccessDeniedException',
        message:
          'User: arn:aws:iam::123456789012:user/tester is not authorized to perform: kinesis:ListShards on resource: ' +
          'arn:aws:kinesis:us-east-1:123456789012:stream/logs because no identity-based policy allows the ' +
          'kinesis:ListShards action',
      })
      await world.client.describeStreamSummary({ StreamName: 'logs' })
      world.engine.access.allow('ListShards')
      await world.client.listShards({ StreamName: 'logs' })
    })

    it('refuses a signature for another region', async () => {
      world = await open({ region: 'eu-west-1' })
      await assert.rejects(world.client.listStreams({}), {
        name: 'InvalidSignatureException',
        message: "Credential should be scoped to a valid region, not 'us-east-1'.",
      })
    })
  })
}
