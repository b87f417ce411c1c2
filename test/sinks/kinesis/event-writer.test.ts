import assert from 'node:assert/strict'
import { createEventWriter } from '../../../src/sinks/kinesis/event-writer.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { sentMessages, SenderRun } from '../../support/sender-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const live = new AbortController().signal

describe('a writer of events', () => {
  it('takes strings in their encoding, and copies bytes', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs')
    const { sender } = new SenderRun({ clock, engine })
    const writer = createEventWriter(sender, { source: 's' }, clock)
    const bytes = Buffer.from('bytes')
    writer.write('größe')
    writer.write('6772c3b6c39f65', 'hex')
    writer.write('Z3LDtsOfZQ==', 'base64')
    await new Promise<void>((resolve) => {
      writer.write(bytes, () => {
        resolve()
      })
    })
    bytes.fill(0)
    await clock.runUntil(sender.end(live))
    assert.deepEqual(sentMessages(engine), ['größe', 'größe', 'größe', 'bytes'])
  })

  it('waits for room however many others do: an error would end all logging', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs')
    const { sender } = new SenderRun({ clock, engine, maxPendingBytes: 2000 })
    const texts = Array.from({ length: 20 }, (_, i) => `${i} ${'x'.repeat(500)}`)
    const written = Promise.all(
      texts.map(
        (text) =>
          new Promise<void>((resolve, reject) => {
            createEventWriter(sender, { source: 's' }, clock)
              .on('error', reject)
              .write(text, () => {
                resolve()
              })
          }),
      ),
    )
    await clock.runUntil(written)
    await clock.runUntil(sender.end(live))
    assert.deepEqual([...sentMessages(engine)].sort(), [...texts].sort())
  })
})
