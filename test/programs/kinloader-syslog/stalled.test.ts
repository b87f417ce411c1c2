import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { SplunkEvent } from '../../fakes/splunkd/event-stream.ts'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { type Sender, SyslogInputWorld } from '../../support/syslog-input-world.ts'

const MiB = 1024 * 1024
const lineBytes = 1000
const datagramBytes = 8000

describe('the input kinloader_syslog while splunkd does not read', () => {
  it('holds TCP back, counts what it drops of UDP, holds little, and loses nothing of TCP', async function () {
    this.timeout(30_000)
    const world = await SyslogInputWorld.start()
    try {
      const [tcp, udp] = [await world.freePort(), await world.freePort()]
      const seen = new Seen()
      const input = await world.run(
        { tcp_ports: String(tcp), udp_ports: String(udp), hold_back: '100ms' },
        { paused: true, onEvent: seen.take },
      )
      await input.logged(/at=listening transport=udp/)
      const senders = [await world.connect(tcp), await world.connect(tcp)]
      const sent = await Promise.all(senders.map((sender, index) => pourUntilHeld(sender, index)))
      for (const lines of sent) assert.ok(lines * lineBytes < 32 * MiB, `${lines} lines were taken`)

      // More than its queue holds; what the kernel drops meanwhile is not in the queue.
      let datagrams = 0
      for (let round = 0; round < 5 && !hasDropped(input); round += 1) {
        const batch = Array.from({ length: 4000 }, (_, i) => `u ${datagrams + i} `.padEnd(datagramBytes, '.'))
        await world.sendDatagrams(udp, batch)
        datagrams += batch.length
        await nextLine(input, 'at=listener transport=udp')
      }
      assert.ok(hasDropped(input), input.stderr.slice(-5).join('\n'))
      assert.ok(residentBytes(input) < 250 * MiB, `${residentBytes(input)} bytes`)
      assert.match(input.stderr.findLast((line) => line.includes('at=input ')) ?? '', / held_back_ms=[1-9]\d{2,}/)

      input.resume()
      const ends = await Promise.all(senders.map((sender) => sender.finish()))
      assert.deepEqual(ends, ['orderly', 'orderly'])
      for (const [index, lines] of sent.entries()) {
        const numbers = seen.tcp.get(index) ?? []
        assert.equal(numbers.length, lines)
        assert.ok(
          numbers.every((number, at) => number === at),
          'out of order',
        )
      }
      const counts = await settledUdp(input)
      assert.equal(counts.received, counts.accepted + counts.dropped)
      assert.equal(seen.udp, counts.accepted)
      assert.equal(datagrams, counts.received + counts.kernelDrops)
      assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [])
      await input.terminate()
      await input.drained
    } finally {
      await world.close()
      assertLog(world.runs)
    }
  })
})

/** Writes lines until none was taken for a second, and resolves with how many were written. */
async function pourUntilHeld(sender: Sender, index: number): Promise<number> {
  let lines = 0
  for (;;) {
    const block = Array.from({ length: 100 }, (_, i) => `t ${index} ${lines + i} `.padEnd(lineBytes - 1, '.') + '\n')
    lines += block.length
    const taken = sender.send(block.join('')).then(() => true)
    const isTaken = await Promise.race([taken, held()])
    if (!isTaken) return lines
  }
}

function held(): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000, false)
  })
}

function hasDropped(input: RunningInput): boolean {
  return input.stderr.some((line) => /at=listener transport=udp .* dropped\.queue_full=[1-9]/.test(line))
}

/** The next line with this in it. */
async function nextLine(input: RunningInput, text: string): Promise<string> {
  const lines = (): string[] => input.stderr.filter((line) => line.includes(text))
  const count = lines().length
  while (lines().length === count) await new Promise((resolve) => setTimeout(resolve, 20))
  return lines().at(-1) ?? ''
}

/** The counts of the UDP port, once two lines in a row say the same. */
async function settledUdp(
  input: RunningInput,
): Promise<{ received: number; accepted: number; dropped: number; kernelDrops: number }> {
  for (let before = ''; ; ) {
    const last = await nextLine(input, 'at=listener transport=udp')
    if (last === before) {
      const number = (name: string): number => Number(new RegExp(` ${name}=(\\d+)`).exec(last)?.[1])
      return {
        received: number('received'),
        accepted: number('accepted'),
        dropped: number('dropped'),
        kernelDrops: number('kernel_drops'),
      }
    }
    before = last
  }
}

/** What came: the numbers of each TCP sender, in their order, and how many datagrams. */
class Seen {
  readonly tcp = new Map<number, number[]>()
  udp = 0

  readonly take = ({ data = '' }: SplunkEvent): void => {
    const [kind, first, second] = data.split(' ', 3)
    if (kind === 'u') {
      this.udp += 1
      return
    }
    const numbers = this.tcp.get(Number(first)) ?? []
    this.tcp.set(Number(first), numbers)
    numbers.push(Number(second))
  }
}

function residentBytes(input: RunningInput): number {
  const status = readFileSync(`/proc/${input.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
