import assert from 'node:assert/strict'
import { renderView } from '../../../scripts/demo/live-view.ts'
import { RateMeter } from '../../../scripts/demo/rate-meter.ts'
import { parseShardLine, ShardBoard } from '../../../scripts/demo/shard-board.ts'
import { summaryLines } from '../../../scripts/demo/summary.ts'
import { renderTable } from '../../../scripts/demo/table.ts'
import { clipStart, clipText, oneLine, textWidth, wrapText } from '../../../scripts/demo/text-width.ts'

const reading =
  'INFO at=shard shard=shardId-000000000001 state=reading position=49590338271490256608559692538361571095921575989136588818 lag_ms=1240 records=7'

describe('text in a terminal', () => {
  it('is as wide as it is drawn', () => {
    assert.equal(textWidth('größe'), 5)
    assert.equal(textWidth('抹茶 🍮'), 7)
    assert.equal(textWidth('e\u0301'), 1)
  })

  it('is cut at the end or the start, never through a wide character', () => {
    assert.equal(clipText('抹茶 100g', 4), '抹…')
    assert.equal(clipText('抹茶', 4), '抹茶')
    assert.equal(clipText('abc', 0), '')
    assert.equal(clipStart('/var/log/nginx/access.log', 11), '…access.log')
  })

  it('is wrapped at spaces', () => {
    assert.deepEqual(wrapText('one two three', 7), ['one two', 'three'])
    assert.deepEqual(wrapText('a longerword', 4), ['a', 'longerword'])
  })

  it('cannot steer the terminal', () => {
    assert.equal(oneLine('a\r\n\tb\u001b[2J\u202e'), 'a↵ b·[2J·')
  })
})

describe('a table', () => {
  const columns = [
    { title: 'NAME', maxWidth: 5 },
    { title: 'N', align: 'right', minWidth: 3 },
    { title: 'TEXT' },
  ] as const

  it('is aligned, also with wide characters', () => {
    assert.deepEqual(
      renderTable(
        columns,
        [
          ['抹茶', '7', 'tea'],
          ['longest', '1234', ''],
        ],
        80,
      ),
      ['NAME      N  TEXT', '抹茶      7  tea', 'long…  1234'],
    )
  })

  it('is no wider than the screen', () => {
    assert.deepEqual(renderTable(columns, [['a', '1', 'a long text']], 14), ['NAME    N  TE…', 'a       1  a …'])
  })
})

describe('the shards of the demo', () => {
  it('are read off the lines of the input', () => {
    assert.deepEqual(parseShardLine(reading), {
      shardId: 'shardId-000000000001',
      state: 'reading',
      position: '49590338271490256608559692538361571095921575989136588818',
      lagMs: 1240,
    })
    assert.equal(
      parseShardLine('INFO at=shard shard=s state="waiting for parent \\"p\\""')?.state,
      'waiting for parent "p"',
    )
    assert.equal(parseShardLine('WARN at=undecodable shard=s'), undefined)
  })

  it('are stopped with the input, but for those at their end', () => {
    const board = new ShardBoard()
    board.read(reading)
    board.read('INFO at=shard shard=s state=closed position=SHARD_END lag_ms=0')
    board.stopped()
    assert.equal(board.shard('shardId-000000000001')?.state, 'input stopped')
    assert.equal(board.shard('shardId-000000000001')?.lagMs, undefined)
    assert.equal(board.shard('s')?.state, 'closed')
  })
})

describe('the picture of the demo', () => {
  it('shows figures, shards and the newest events', () => {
    const shardId = 'shardId-000000000001'
    const view = renderView(
      {
        elapsedMs: 61_500,
        put: 12_345,
        indexed: 1000,
        duplicated: 0,
        megabytesPerSecond: 1.234,
        shards: [
          { shardId, parents: [], count: { put: 5000, indexed: 999 }, line: parseShardLine(reading) },
          { shardId: 'shardId-000000000002', parents: [shardId], count: { put: 0, indexed: 0 }, line: undefined },
        ],
        events: [
          {
            time: '1795000000.123456',
            host: 'db-1',
            source: '/a',
            sourcetype: 'b',
            data: 'c\nd',
            unbroken: false,
            done: false,
          },
        ],
      },
      100,
    )
    assert.deepEqual(
      view.map(({ text }) => text),
      [
        '',
        '01:01  put 12,345  indexed 1,000  duplicated 0  1.23 MB/s',
        '',
        'SHARD  PARENT  STATE                   LAG      PUT  INDEXED  SAFE POSITION',
        '…0001          reading               1.2 s    5,000      999  …989136588818',
        '…0002  …0001   not yet seen              -        0        0',
        '',
        'TIME (UTC)    HOST     SOURCE      SOURCETYPE    EVENT',
        '11:06:40.123  db-1     /a          b             c↵d',
      ],
    )
  })

  it('sums up', () => {
    const verdict = { put: 1000, indexed: 999, duplicated: 5, lost: 1, faults: ['x'] }
    assert.deepEqual(summaryLines(verdict, { average: 0.5, fastest: 2 }), [
      '  events in      1,000  put into the stream',
      '  events out       999',
      '  lost               1',
      '  duplicated         5  sent again after the stop: Splunk acknowledges nothing',
      '  MB/s            0.50  fastest second 2.00; kinesis-local sets the pace',
    ])
  })
})

describe('the rate of the demo', () => {
  it('is that of the last full second, the fastest one, and all of the time', () => {
    let nowMs = 500
    const meter = new RateMeter(() => nowMs)
    assert.deepEqual([meter.current, meter.fastest, meter.average], [0, 0, 0])
    meter.add(1_000_000)
    meter.add(2_000_000)
    nowMs = 1600
    assert.equal(meter.current, 3)
    meter.add(1_000_000)
    nowMs = 2500
    meter.add(1_000_000)
    assert.deepEqual([meter.current, meter.fastest, meter.average], [1, 3, 2.5])
    nowMs = 9000
    assert.equal(meter.current, 0)
  })
})
