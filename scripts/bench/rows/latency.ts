import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { encodeLogRecord } from '../../../src/codecs/log-record-encoding.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { KinesisEngine } from '../../../test/fakes/kinesis/engine.ts'
import { startKinesisServer, type HttpDoor } from '../../../test/fakes/kinesis/http-door.ts'
import { inputXml } from '../../../test/fakes/splunkd/documents.ts'
import { runInput, type RunningInput } from '../../../test/fakes/splunkd/input-process.ts'
import type { Product } from '../product.ts'
import { median, type Row } from '../row.ts'

const puts = 15
const reshards = 5

/** From a put to the event at the other end of the pipe, with one put every 2 s. */
export async function latencyRow(product: Product): Promise<Row> {
  return withInput(product, async (engine, input) => {
    const delays: number[] = []
    for (let i = 0; i < puts; i += 1) {
      await systemClock.sleep(2000)
      const begun = performance.now()
      put(engine, undefined)
      await input.received(i + 1)
      delays.push(performance.now() - begun)
    }
    const middle = median(delays)
    return {
      name: 'put to stdout, one put every 2 s, p50',
      figure: `${middle.toFixed(0)} ms`,
      asked: 'under 400 ms',
      holds: middle < 400,
      details: `${puts} puts, slowest ${Math.max(...delays).toFixed(0)} ms`,
    }
  })
}

/** From a parent's last record at the other end of the pipe to its child's first. */
export async function reshardRow(product: Product): Promise<Row> {
  return withInput(product, async (engine, input) => {
    const delays: number[] = []
    let count = 0
    for (let i = 0; i < reshards; i += 1) {
      await systemClock.sleep(1500)
      const [parent = ''] = engine.openShards('bench')
      put(engine, parent)
      const [left, right] = engine.split('bench', parent)
      put(engine, left)
      put(engine, right)
      await input.received(count + 1)
      const begun = performance.now()
      count += 3
      await input.received(count)
      delays.push(performance.now() - begun)
    }
    const worst = Math.max(...delays)
    return {
      name: 'parent’s last record to both children’s first',
      figure: `${worst.toFixed(0)} ms`,
      asked: 'within 1,000 ms',
      holds: worst <= 1000,
      details: `the slowest of ${reshards} splits, p50 ${median(delays).toFixed(0)} ms`,
    }
  })
}

async function withInput(
  product: Product,
  measure: (engine: KinesisEngine, input: RunningInput) => Promise<Row>,
): Promise<Row> {
  const engine = new KinesisEngine({ clock: systemClock })
  engine.createStream('bench', { shards: 1 })
  const server = await startKinesisServer(engine, { clock: systemClock })
  const input = startInput(product, server)
  try {
    await input.logged(/at=start/)
    return await measure(engine, input)
  } finally {
    await input.terminate()
    await server.close()
  }
}

function startInput(product: Product, server: HttpDoor): RunningInput {
  const params = {
    stream: 'bench',
    region: 'us-east-1',
    endpoint: server.endpoint,
    checkpoint_store: 'filesystem',
    initial_position: 'trim_horizon',
  }
  return runInput({
    command: process.execPath,
    args: [...product.flags, product.program],
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'AKIABENCH', AWS_SECRET_ACCESS_KEY: 'bench' },
    inputXml: inputXml({
      checkpointDir: mkdtempSync(path.join(product.folder, 'state-')),
      stanzas: [{ name: 'kinloader://bench', params }],
    }),
  })
}

function put(engine: KinesisEngine, shardId: string | undefined): void {
  const metadata = { unbroken: false, source: 's', sourcetype: 't', host: 'h', index: '', encId: 1n, blockId: 0n }
  const data = encodeLogRecord(metadata, [{ data: 'an event' }])
  engine.put('bench', { data, ...(shardId !== undefined && { shardId }) })
}
