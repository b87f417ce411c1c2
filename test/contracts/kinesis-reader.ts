import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
  type KinesisClient,
  type Shard,
} from '@aws-sdk/client-kinesis'
import { MemoryCheckpointStore } from '../../src/checkpoints/memory.ts'
import { awsRequestHandler, createKinesisClient } from '../../src/clients/aws.ts'
import { KinesisStream } from '../../src/clients/kinesis-stream.ts'
import { pump } from '../../src/core/pump.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { MemorySink } from '../../src/sinks/memory.ts'
import type { InitialPosition } from '../../src/sources/kinesis/origin.ts'
import type { KinesisRecord } from '../../src/sources/kinesis/record.ts'
import { KinesisSource } from '../../src/sources/kinesis/source.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

export interface ReaderEndpoint {
  readonly endpoint: string
  readonly region: string
  close(): Promise<void>
}

export interface ReaderContractOptions {
  /**
   * Whether a closed shard which is read to its end gets no further iterator, as at AWS. Default true. A service without
   * an end cannot be followed through a split or a merge: the cases of those are replaced by one for what is left.
   */
  readonly endsShards?: boolean
}

/**
 * What the reader does on any Kinesis, with the real clock: the cases which need neither limits nor faults nor a clock
 * to be moved. Run against the fake's HTTP door and against implementations which are not ours.
 */
export function kinesisReaderContract(
  name: string,
  open: () => Promise<ReaderEndpoint>,
  { endsShards = true }: ReaderContractOptions = {},
): void {
  describe(`reading a stream of ${name}`, function () {
    this.timeout(60_000)
    let service: ReaderEndpoint
    let client: KinesisClient
    // A service which outlives this run still has the streams of an earlier one.
    const run = randomBytes(4).toString('hex')
    let streams = 0

    before(async () => {
      service = await open()
      client = createKinesisClient({
        region: service.region,
        endpoint: service.endpoint,
        credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
        requestHandler: awsRequestHandler({ endpoint: service.endpoint }),
      })
    })

    after(async () => {
      client.destroy()
      await service.close()
    })

    const create = async (shards: number): Promise<string> => {
      streams += 1
      const stream = `logs-${run}-${streams}`
      await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }))
      await active(stream)
      return stream
    }
    const active = async (stream: string): Promise<void> => {
      for (let i = 0; i < 200; i += 1) {
        const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }))
        if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return
        await systemClock.sleep(25)
      }
      assert.fail(`${stream} does not become active`)
    }
    const listOpen = async (stream: string): Promise<Shard[]> => {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }))
      return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    }
    const put = async (stream: string, shard: Shard | undefined, texts: readonly string[]): Promise<void> => {
      for (const text of texts) {
        const command = new PutRecordCommand({
          StreamName: stream,
          PartitionKey: text,
          ExplicitHashKey: shard?.HashKeyRange?.StartingHashKey ?? '0',
          Data: Buffer.from(text),
        })
        await client.send(command)
      }
    }
    const split = async (stream: string, shard: Shard | undefined): Promise<Shard[]> => {
      const { StartingHashKey = '0', EndingHashKey = '0' } = shard?.HashKeyRange ?? {}
      const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n
      await client.send(
        new SplitShardCommand({ StreamName: stream, ShardToSplit: shard?.ShardId, NewStartingHashKey: String(middle) }),
      )
      await active(stream)
      return (await listOpen(stream)).filter((child) => child.ParentShardId === shard?.ShardId)
    }

    const read = (
      stream: string,
      remembered: Map<string, string>,
      initialPosition: InitialPosition = { kind: 'trim_horizon' },
    ): {
      until(count: number): Promise<string[]>
      stop(): Promise<void>
      logger: RecordingLogger
      source: KinesisSource
    } => {
      const logger = new RecordingLogger()
      const stop = new AbortController()
      const source = new KinesisSource({
        stream: new KinesisStream(client, { name: stream }),
        streamName: stream,
        store: new MemoryCheckpointStore(remembered),
        clock: systemClock,
        logger,
        initialPosition,
        checkpointIntervalMs: 100,
        startJitterMs: 0,
        readerId: 'test',
      })
      const sink = new MemorySink<KinesisRecord>()
      const done = pump({
        source,
        sink,
        decode: (record: KinesisRecord) => [record],
        clock: systemClock,
        signal: stop.signal,
      })
      const texts = (): string[] => sink.items.map((record) => Buffer.from(record.data).toString())
      return {
        logger,
        source,
        async until(count) {
          for (let i = 0; texts().length < count; i += 1) {
            if (i > 1500) assert.fail(`${texts().length} of ${count} records: ${texts().join(' ')}`)
            await Promise.race([systemClock.sleep(20), done])
          }
          return texts()
        },
        async stop() {
          // Until the store has what was acked.
          await systemClock.sleep(300)
          stop.abort()
          await done
        },
      }
    }

    it('reads from the oldest record, in order, and goes on where it stopped', async () => {
      const stream = await create(1)
      const [shard] = await listOpen(stream)
      await put(stream, shard, ['a', 'b', 'c'])
      const remembered = new Map<string, string>()
      const first = read(stream, remembered)
      assert.deepEqual(await first.until(3), ['a', 'b', 'c'])
      await first.stop()
      await put(stream, shard, ['d'])
      const second = read(stream, remembered)
      assert.deepEqual(await second.until(1), ['d'])
      await second.stop()
    })

    it('starts at the tip with what comes afterwards', async () => {
      const stream = await create(2)
      const shards = await listOpen(stream)
      await put(stream, shards[0], ['before'])
      await systemClock.sleep(2100)
      const reader = read(stream, new Map(), { kind: 'latest' })
      while (reader.source.status().length < 2) await systemClock.sleep(20)
      await systemClock.sleep(1100)
      await put(stream, shards[0], ['x'])
      await put(stream, shards[1], ['y'])
      assert.deepEqual([...(await reader.until(2))].sort(), ['x', 'y'])
      await reader.stop()
    })

    if (endsShards) {
      it('reads a parent to its end before the children of its split, closed before or while reading', async () => {
        const stream = await create(1)
        const [parent] = await listOpen(stream)
        await put(stream, parent, ['a', 'b'])
        const remembered = new Map<string, string>()
        const first = read(stream, remembered)
        await first.until(2)
        await first.stop()
        await put(stream, parent, ['c'])
        const [left, right] = await split(stream, parent)
        await put(stream, left, ['left'])
        await put(stream, right, ['right'])
        const second = read(stream, remembered)
        const texts = await second.until(3)
        assert.equal(texts[0], 'c')
        assert.deepEqual(texts.slice(1).sort(), ['left', 'right'])
        const [one, two] = await split(stream, left)
        await put(stream, one, ['one'])
        await put(stream, two, ['two'])
        assert.deepEqual((await second.until(5)).slice(3).sort(), ['one', 'two'])
        await second.stop()
        assert.deepEqual(second.logger.told('warn', 'error'), [])
      })

      it('reads both parents before the child of their merge', async () => {
        const stream = await create(2)
        const [one, two] = await listOpen(stream)
        await put(stream, one, ['one'])
        await put(stream, two, ['two'])
        await client.send(
          new MergeShardsCommand({
            StreamName: stream,
            ShardToMerge: one?.ShardId,
            AdjacentShardToMerge: two?.ShardId,
          }),
        )
        await active(stream)
        const [child] = await listOpen(stream)
        await put(stream, child, ['child'])
        const reader = read(stream, new Map())
        assert.equal((await reader.until(3))[2], 'child')
        await reader.stop()
      })
    } else {
      it('reads a closed shard, and holds its children back for as long as its end is not told', async () => {
        const stream = await create(1)
        const [parent] = await listOpen(stream)
        await put(stream, parent, ['a', 'b'])
        const children = await split(stream, parent)
        const reader = read(stream, new Map())
        assert.deepEqual(await reader.until(2), ['a', 'b'])
        const states = new Map(reader.source.status().map(({ lane, state }) => [lane, state]))
        assert.equal(states.get(parent?.ShardId ?? ''), 'reading')
        assert.equal(children.length, 2)
        for (const child of children) {
          assert.equal(states.get(child.ShardId ?? ''), `waiting for parent ${parent?.ShardId ?? ''}`)
        }
        await reader.stop()
        assert.deepEqual(reader.logger.told('warn', 'error'), [])
      })
    }

    it('reads records of 1 MiB, and many small ones', async () => {
      const stream = await create(1)
      const [shard] = await listOpen(stream)
      const large = 'x'.repeat(1_000_000)
      await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'k', Data: Buffer.from(large) }))
      await put(
        stream,
        shard,
        Array.from({ length: 50 }, (_, i) => `${i}`),
      )
      const reader = read(stream, new Map())
      const texts = await reader.until(51)
      assert.equal(texts[0], large)
      assert.deepEqual(
        texts.slice(1),
        Array.from({ length: 50 }, (_, i) => `${i}`),
      )
      await reader.stop()
    })

    it('waits for a stream which is not there, with a line which says so', async () => {
      const reader = read('missing', new Map())
      while (reader.logger.find('kinesis').length === 0) await systemClock.sleep(20)
      assert.match(String(reader.logger.find('kinesis')[0]?.fields['error']), /stream missing does not exist/)
      await reader.stop()
    })
  })
}
