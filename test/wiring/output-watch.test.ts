import assert from 'node:assert/strict'
import { textDecoder } from '../../src/codecs/text.ts'
import { Counters } from '../../src/core/metrics.ts'
import { OutputWatch } from '../../src/wiring/output-watch.ts'
import { RecordEvents } from '../../src/wiring/record-events.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

function opened(): { output: Counters; events: RecordEvents; watch: OutputWatch; logger: RecordingLogger } {
  const logger = new RecordingLogger()
  const output = new Counters()
  const events = new RecordEvents(textDecoder, logger)
  return { output, events, watch: new OutputWatch(output, events, logger), logger }
}

describe('the watch over what goes out', () => {
  it('books replaced characters to the shard whose events were encoded last, each once', () => {
    const { output, events, watch, logger } = opened()
    const of = (shardId: string): number => events.counters(shardId).get('replaced_characters')
    output.add('replaced_characters', 3)
    watch.accepted('one')
    watch.accepted('two')
    assert.deepEqual([of('one'), of('two')], [3, 0])
    output.add('replaced_characters', 2)
    watch.accepted('two')
    output.add('replaced_characters')
    watch.accepted('one')
    assert.deepEqual([of('one'), of('two')], [4, 2])
    assert.deepEqual(logger.lines, [])
  })

  it('warns once of events which Splunk will cut, and says what to set', () => {
    const { output, watch, logger } = opened()
    watch.accepted('one')
    assert.deepEqual(logger.lines, [])
    for (const shard of ['one', 'two', 'one']) {
      output.add('long_events')
      watch.accepted(shard)
    }
    assert.equal(logger.lines.length, 1)
    const [line] = logger.find('long_event')
    assert.deepEqual([line?.level, line?.fields['shard']], ['warn', 'one'])
    assert.match(String(line?.fields['effect']), /after 10,000 bytes; set TRUNCATE = 0 for it in props\.conf/)
  })
})
