import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { TerminalLine } from '../../../src/host/terminal-line.ts'
import { TransferProgress } from '../../../src/wiring/commands/transfer-progress.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const mebibyte = 1024 * 1024

class Screen {
  readonly stream: PassThrough & { isTTY?: boolean; columns?: number }
  constructor(isTTY: boolean) {
    this.stream = Object.assign(new PassThrough(), { isTTY, columns: 200 })
  }
  /** What was written since the last call, the erasing left out. */
  text(): string {
    return String(this.stream.read() ?? '').replaceAll('\r\u001b[K', '')
  }
}

describe('the progress of a transfer', () => {
  const clock = new VirtualClock()

  function progress(screen: Screen, totalBytes: number | undefined, waiting = 0): TransferProgress {
    return new TransferProgress({
      name: 'send',
      terminal: new TerminalLine(screen.stream),
      clock,
      totalBytes,
      waitingEvents: () => waiting,
    })
  }

  it('says how much, how fast and how long yet', async () => {
    const screen = new Screen(true)
    const transfer = progress(screen, 100 * mebibyte, 800)
    const running = transfer.run()
    assert.equal(screen.text(), '0 B of 100.0 MiB (0 %), 0 events, 800 of them waiting, 0 B/s')
    for (let i = 0; i < 4; i++) {
      transfer.add(3 * mebibyte + mebibyte / 8, 12_800)
      await clock.advance(1000)
    }
    assert.match(
      screen.text(),
      /12\.5 MiB of 100\.0 MiB \(12 %\), 51,200 events, 800 of them waiting, 3\.1 MiB\/s, 0:28 left$/,
    )
    transfer.end()
    assert.equal(screen.text(), 'send: 12.5 MiB read, 51,200 events, 3.1 MiB/s in 0:04.\n')
    await running
  })

  it('takes the rate of the last ten seconds', async () => {
    const transfer = progress(new Screen(true), 10_000 * mebibyte)
    const running = transfer.run()
    transfer.add(1000 * mebibyte, 1)
    await clock.advance(60_000)
    transfer.add(10 * mebibyte, 1)
    assert.match(transfer.line(), / 1\.\d MiB\/s, 2:\d\d:\d\d left$/)
    transfer.end()
    await running
  })

  it('is not confused by a wall clock which jumps', async () => {
    const transfer = progress(new Screen(true), 2 * mebibyte)
    transfer.add(mebibyte, 1)
    await clock.advance(1000)
    clock.stepWallClock(-3_600_000)
    assert.match(transfer.line(), /^1\.0 MiB of 2\.0 MiB \(50 %\), 1 event, 1\.0 MiB\/s, 0:01 left$/)
  })

  it('knows no end where there is none, and none that was passed', async () => {
    const endless = progress(new Screen(true), undefined)
    endless.add(512, 2)
    await clock.advance(1000)
    assert.equal(endless.line(), '512 B, 2 events, 512 B/s')
    const grown = progress(new Screen(true), 100)
    grown.add(200, 2)
    await clock.advance(1000)
    assert.equal(grown.line(), '200 B of 100 B (100 %), 2 events, 200 B/s')
    assert.match(progress(new Screen(true), 0).line(), /^0 B of 0 B \(100 %\), 0 events, 0 B\/s$/)
  })

  it('writes a line now and then where there is no terminal', async () => {
    const screen = new Screen(false)
    const transfer = progress(screen, undefined)
    const running = transfer.run()
    await clock.advance(9000)
    assert.equal(screen.text(), '')
    await clock.advance(2000)
    assert.equal(screen.text(), 'send: 0 B, 0 events, 0 B/s\n')
    transfer.end()
    await running
    assert.equal(screen.text(), 'send: 0 B read, 0 events, 0 B/s in 0:11.\n')
  })
})
