import assert from 'node:assert/strict'
import { KinloaderError } from '../../../src/core/errors.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { SpoolTrouble } from '../../../src/sinks/journal/trouble.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('trouble with the disk of a spool', () => {
  it('is counted each time, and told once a minute when it comes and goes', async () => {
    const clock = new VirtualClock()
    const logger = new RecordingLogger()
    const counters = new Counters()
    const over = new AbortController().signal
    const trouble = new SpoolTrouble({ folder: '/spool', clock, logger, counters, over })
    const once = async (): Promise<void> => {
      const waiting = trouble.wait(new KinloaderError('SPOOL_FULL', 'The spool is full.'))
      await clock.advance(1000)
      await waiting
      trouble.ended()
    }
    for (let i = 0; i < 30; i += 1) await once()
    assert.equal(logger.lines.length, 2, JSON.stringify(logger.lines))
    assert.equal(counters.get('spool_full_waits'), 30)
    await clock.advance(60_000)
    await once()
    assert.equal(logger.lines.length, 4)
  })
})
