import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { RecordFiles } from '../../../src/sinks/firehose/record-files.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { JournalWorld, textsOf } from './journal-world.ts'

const child = new URL('../../support/journaling-child.ts', import.meta.url).pathname

describe('journal of a killed process', () => {
  let world: JournalWorld
  let running: Writer | undefined

  beforeEach(async () => {
    world = await JournalWorld.make()
  })

  afterEach(async () => {
    await running?.kill()
    running = undefined
    await world.end()
  })

  it('and its records hold every message whose write had resolved, once, six times over', async () => {
    const random = new SeededRandom(Math.floor(Math.random() * 2 ** 32))
    try {
      for (let round = 0; round < 6; round += 1) {
        running = new Writer(world.spoolDir)
        await running.printed(random.between(0, 1500))
        await sleep(random.between(0, 15))
        const printed = await running.kill()
        const found = await everything()
        const once_ = new Set(found)
        assert.equal(once_.size, found.length, 'a message came twice')
        assert.deepEqual(
          printed.filter((number) => !once_.has(number)),
          [],
          'messages are lost',
        )
        // The lock of the dead is taken over, each time.
        await world.stop()
      }
    } catch (error) {
      throw new Error(`with seed ${random.seed}`, { cause: error })
    }
    assert.deepEqual(world.logger.lines, [])
  })

  it('is refused to others while that lives', async () => {
    running = new Writer(world.spoolDir)
    await running.printed(0)
    const message = new RegExp(`in use by process ${running.pid};`)
    await assert.rejects(world.folder(), { code: 'SPOOL_LOCKED', message })
    await world.folder({ stream: 'another' })
  })

  /** The numbers in the segments which are left and in the records; both are removed. */
  async function everything(): Promise<number[]> {
    const folder = await world.folder()
    const records = new RecordFiles({ folder, clock: world.clock, logger: world.logger })
    const numbers: number[] = []
    for (const segment of folder.segments) {
      const { texts, end } = await textsOf(segment)
      assert.ok(end.rest === 'nothing' || end.rest === 'torn')
      numbers.push(...texts.map((text) => Number.parseInt(text, 10)))
      await folder.converted(segment, end)
      // All of its records stand in `texts`: what an earlier making left goes.
      await records.added({ segment: segment.file, bytes: [] }, end)
    }
    for (const record of records.take({ maxRecords: Infinity, maxEncodedBytes: Infinity })) {
      const lines = Buffer.from(await records.read(record))
        .toString()
        .split('\n')
        .slice(0, -1)
      numbers.push(...lines.map((line) => Number.parseInt(line, 10)))
      await records.remove(record)
    }
    assert.equal(folder.space.files, 0)
    assert.equal(folder.space.usedBytes, 0)
    return numbers
  }
})

/** A process which writes numbers into a journal until it is killed. */
class Writer {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  constructor(spoolDir: string) {
    this.#process = spawn(process.execPath, [child, spoolDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#output += text
    })
    this.#ended = once(this.#process, 'close')
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Resolves when the spool is open and this many numbers have been printed. */
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
