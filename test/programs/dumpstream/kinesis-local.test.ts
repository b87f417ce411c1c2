import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { systemClock } from '../../../src/host/system-clock.ts'
import { commandEnvironment, CommandProcess } from '../../support/spawned-command.ts'
import { bundledCommands } from '../../support/bundled-commands.ts'
import { dumpedTexts } from '../../support/dump-world.ts'
import { type KinesisLocal, startKinesisLocal } from '../../support/kinesis-local.ts'

describe('dumpstream on kinesis-local', function () {
  this.timeout(60_000)
  let local: KinesisLocal
  let client: KinesisClient
  const folder = mkdtempSync(join(tmpdir(), 'kinloader-dump-'))

  before(async () => {
    local = await startKinesisLocal({ streams: { logs: 1 } })
    client = new KinesisClient({
      region: 'us-east-1',
      endpoint: local.endpoint,
      credentials: { accessKeyId: 'TESTKEYIDENTIFIER1', secretAccessKey: 'secret' },
      requestHandler: new NodeHttpHandler(),
    })
  })

  after(async () => {
    client.destroy()
    await local.stop()
    rmSync(folder, { recursive: true })
  })

  async function put(prefix: string): Promise<string[]> {
    const texts = Array.from({ length: 100 }, (_, number) => `${prefix} ${number}`)
    const Records = texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text }))
    await client.send(new PutRecordsCommand({ StreamName: 'logs', Records }))
    return texts
  }

  async function split(): Promise<void> {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'logs' }))
    const ShardToSplit = Shards[0]?.ShardId
    await client.send(
      new SplitShardCommand({ StreamName: 'logs', ShardToSplit, NewStartingHashKey: String(2n ** 127n) }),
    )
    const active = async (): Promise<boolean> => {
      const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'logs' }))
      return answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE'
    }
    while (!(await active())) await systemClock.sleep(20)
  }

  it('dumps a stream through a split, in two runs, with nothing lost and nothing twice', async () => {
    const path = join(await bundledCommands(), 'dumpstream.js')
    const env = { ...commandEnvironment(folder), AWS_ENDPOINT_URL: local.endpoint }
    const flags = ['--stream-name', 'logs', '--default-to-horizon', '--max-rate', '50', '--until-now']
    const run = async (): Promise<void> => {
      const files = ['--checkpoint-file', 'cp', '--filename', 'out.json']
      const { code, stderr } = await CommandProcess.start(path, [...flags, ...files], { env, cwd: folder }).end
      assert.equal(code, 0, stderr)
    }
    const texts = await put('before')
    await run()
    texts.push(...(await put('between')))
    await split()
    texts.push(...(await put('after')))
    await run()
    const dumped = dumpedTexts(readFileSync(join(folder, 'out.json')))
    assert.deepEqual([...dumped].sort(), [...texts].sort())
    const last = Math.max(...dumped.map((text, index) => (text.startsWith('between') ? index : 0)))
    assert.ok(dumped.findIndex((text) => text.startsWith('after')) > last)
  })
})
