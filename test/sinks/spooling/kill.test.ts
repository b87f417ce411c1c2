import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { Spool } from '../../../src/sinks/spooling/spool.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

const child = new URL('../../support/spooling-child.ts', import.meta.url).pathname

describe('spool of a killed process', () => {
  const processes = systemProcesses()
  let folder: string
  let logger: RecordingLogger
  let running: Writer | undefined

  beforeEach(async () => {
    folder = await files.mkdtemp(join(tmpdir(), 'kinloader-spool-'))
    logger = new RecordingLogger()
  })

  afterEach(async () => {
    await running?.kill()
    running = undefined
    await files.rm(folder, { recursive: true })
  })

  it('holds every frame whose append had resolved, in order, ten times over', async () => {
    const random = new SeededRandom(Math.floor(Math.random() * 2 ** 32))
    try {
      for (let round = 0; round < 10; round += 1) {
        running = new Writer(folder)
        await running.printed(random.between(0, 400))
        await sleep(random.between(0, 15))
        const numbers = await running.kill()
        // The lock of the dead is taken over, each time.
        const spool = await Spool.open({ folder, logger, processes })
        const found = await everything(spool)
        assert.deepEqual(
          found,
          found.map((_, i) => i),
        )
        assert.deepEqual(
          numbers,
          numbers.map((_, i) => i),
        )
        assert.ok(found.length >= numbers.length, `${numbers.length} were told to be safe, ${found.length} are there`)
        for (const name of spool.leftovers) await spool.remove(name)
        assert.equal(spool.usedBytes, 0)
        await spool.close()
      }
    } catch (error) {
      throw new Error(`with seed ${random.seed}`, { cause: error })
    }
    assert.deepEqual(logger.lines, [])
    assert.deepEqual(await files.readdir(folder), [])
  })

  it('is refused to others while that lives, and to a second spool of the same process', async () => {
    running = new Writer(folder)
    await running.printed(0)
    const message = new RegExp(`^The spool folder .+ is in use by process ${running.pid}; give each process a folder`)
    await assert.rejects(Spool.open({ folder, logger, processes }), { code: 'SPOOL_LOCKED', message })
    await running.kill()
    const spool = await Spool.open({ folder, logger, processes })
    const again = new RegExp(`in use by process ${process.pid};`)
    await assert.rejects(Spool.open({ folder, logger, processes }), { code: 'SPOOL_LOCKED', message: again })
    await assert.rejects(Spool.open({ folder, logger, processes }), { code: 'SPOOL_LOCKED', message: again })
    await spool.close()
    await (await Spool.open({ folder, logger, processes })).close()
  })

  it('is given to nobody or to one when several want it at the same instant', async () => {
    const table = (self: string): typeof processes => ({ self, isAlive: () => true })
    const results = await Promise.allSettled(
      ['1', '2', '3'].map((self) => Spool.open({ folder, logger, processes: table(self) })),
    )
    const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    assert.ok(opened.length <= 1)
    for (const spool of opened) await spool.close()
    assert.deepEqual(await files.readdir(folder), [])
  })
})

/** A process which writes numbers into a spool until it is killed. */
class Writer {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  constructor(folder: string) {
    this.#process = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#output += text
    })
    this.#ended = once(this.#process, 'close')
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Resolves when the folder is open and this many numbers have been printed. */
  async printed(count: number): Promise<void> {
    while (this.#lines().length < count + 1) {
      if (this.#process.exitCode !== null) throw new Error('the writer ended by itself')
      if (this.#process.stdout !== null) await Promise.race([once(this.#process.stdout, 'data'), this.#ended])
    }
  }

  /** The numbers printed before the kill. */
  async kill(): Promise<number[]> {
    this.#process.kill('SIGKILL')
    await this.#ended
    return this.#lines().slice(1).map(Number)
  }

  #lines(): string[] {
    return this.#output.split('\n').slice(0, -1)
  }
}

/** The numbers of all frames, batch by batch. */
async function everything(spool: Spool): Promise<number[]> {
  const numbers: number[] = []
  for (const name of spool.leftovers) {
    const { frames, seal, torn } = await spool.read(name)
    assert.ok(!(torn && seal !== undefined))
    numbers.push(...frames.map((frame) => Number.parseInt(Buffer.from(frame).toString('latin1'), 10)))
    if (seal !== undefined) assert.equal(numbers.at(-1), Number(Buffer.from(seal)) - 1)
  }
  return numbers
}
