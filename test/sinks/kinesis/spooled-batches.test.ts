import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import * as nodeFiles from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorCode } from '../../../src/core/errors.ts'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { SpooledBatches } from '../../../src/sinks/kinesis/spooled-batches.ts'
import type { Files } from '../../../src/sinks/spooling/files.ts'
import { Spool } from '../../../src/sinks/spooling/spool.ts'
import { systemError } from '../../support/recording-files.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('batches on disk', () => {
  let folder: string
  let clock: VirtualClock
  let logger: RecordingLogger
  let batches: SpooledBatches
  /** What reading fails with. */
  let trouble: string | undefined
  let reads: number
  const stop = new AbortController()

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spooled-batches-'))
    clock = new VirtualClock()
    logger = new RecordingLogger()
    trouble = undefined
    reads = 0
    const files: Files = {
      ...nodeFiles,
      stat: (async (path: string) => {
        if (path.endsWith('.spool')) {
          reads += 1
          if (trouble !== undefined) throw systemError(trouble)
        }
        return nodeFiles.stat(path)
      }) as typeof nodeFiles.stat,
    }
    const spool = await Spool.open({ folder, logger, processes: systemProcesses(), files })
    batches = new SpooledBatches(spool, clock, logger)
    await batches.append('b-1', { message: 'text' })
    await batches.rest('b-1')
  })

  afterEach(async () => {
    await batches.close()
    rmSync(folder, { recursive: true })
  })

  /** Lets time pass until so many reads were made, or for so long. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await nodeFiles.stat(folder)
      await clock.advance(1000)
    }
  }

  it('are read again, for as long as it takes, where file handles are lacking', async () => {
    trouble = 'EMFILE'
    const reading = batches.read('b-1', stop.signal)
    await pass(3600)
    assert.ok(reads > 50)
    trouble = undefined
    await pass(60)
    assert.equal((await reading).events.events, 1)
    const told = logger.find('spool')
    assert.ok(told.every(({ level }) => level === 'warn'))
    assert.ok(told.length >= 30 && told.length <= 61, `${told.length} lines an hour`)
  })

  it('are given up after some minutes where the disk cannot read them, and stay there', async () => {
    trouble = 'EIO'
    const code = batches.read('b-1', stop.signal).then(() => '', errorCode)
    await pass(240)
    assert.equal(await code, 'SPOOL_FAILED')
    assert.equal(reads, 9)
    const told = logger.find('spool')
    assert.equal(told.at(-1)?.level, 'error')
    assert.match(String(told.at(-1)?.fields['effect']), /stays in the spool/)
    trouble = undefined
    assert.equal((await batches.read('b-1', stop.signal)).events.events, 1)
  })

  it('get one try each when the disk has been ill for some minutes, until one can be read', async () => {
    for (const id of ['b-2', 'b-3']) {
      await batches.append(id, { message: 'text' })
      await batches.rest(id)
    }
    const codeOf = (id: string): Promise<string> => batches.read(id, stop.signal).then(() => '', errorCode)
    trouble = 'EIO'
    const first = codeOf('b-1')
    await pass(240)
    assert.equal(await first, 'SPOOL_FAILED')
    assert.equal(await codeOf('b-2'), 'SPOOL_FAILED')
    assert.equal(reads, 10)
    trouble = undefined
    assert.equal(await codeOf('b-3'), '')
    trouble = 'EIO'
    const again = codeOf('b-2')
    await pass(240)
    assert.equal(await again, 'SPOOL_FAILED')
    assert.equal(reads, 20)
  })

  it('are not waited for without end where the disk is full: it may be the spool which fills it', async () => {
    trouble = 'ENOSPC'
    const code = batches.read('b-1', stop.signal).then(() => '', errorCode)
    await pass(240)
    assert.equal(await code, 'SPOOL_FULL')
  })

  it('are given up at once where somebody removed them: waiting brings nothing back', async () => {
    rmSync(join(folder, 'b-1.spool'))
    assert.equal(await batches.read('b-1', stop.signal).then(() => '', errorCode), 'SPOOL_BATCH_GONE')
    assert.equal(logger.find('spool')[0]?.fields['effect'], 'its events are lost')
  })

  it('are waited for no longer than until the abort', async () => {
    trouble = 'EMFILE'
    const over = new AbortController()
    const code = batches.read('b-1', over.signal).then(() => '', errorCode)
    await pass(10)
    over.abort()
    assert.equal(await code, 'SPOOL_FAILED')
    assert.ok(logger.find('spool').every(({ level }) => level === 'warn'))
  })
})
