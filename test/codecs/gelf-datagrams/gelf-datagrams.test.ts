import assert from 'node:assert/strict'
import { deflateSync, gzipSync } from 'node:zlib'
import { GelfDatagrams } from '../../../src/codecs/gelf-datagrams/gelf-datagrams.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { chunk, chunked } from './chunks.ts'

const text = '{"version":"1.1","host":"a","short_message":"é and more"}'
const mebibyte = 1024 * 1024

class Listener {
  readonly counters = new Counters()
  readonly datagrams: GelfDatagrams

  constructor(maxMessageBytes = 524_288, limits = { sets: 1000, bytes: 64 * mebibyte }) {
    this.datagrams = new GelfDatagrams({ maxMessageBytes, counters: this.counters, limits })
  }

  /** What came of it; its memory is the socket's again afterwards. */
  push(datagram: Buffer, sender = '192.0.2.1', nowMs = 0): string | undefined {
    const received = Buffer.from(datagram)
    const message = this.datagrams.push(received, sender, nowMs)
    const found = message === undefined ? undefined : Buffer.from(message).toString()
    received.fill(0xee)
    return found
  }

  pushAll(datagrams: Iterable<Buffer>, sender?: string, nowMs?: number): (string | undefined)[] {
    return Array.from(datagrams, (datagram) => this.push(datagram, sender, nowMs))
  }

  assertCounted(expected: Record<string, number>): void {
    assert.deepEqual(this.counters.snapshot(), expected)
  }
}

describe('GELF by UDP', () => {
  it('fault 4: plain, gzip, zlib, chunked in any order becomes one message', () => {
    const random = new SeededRandom(1)
    for (const payload of [Buffer.from(text), gzipSync(text), deflateSync(text), deflateSync(text, { level: 1 })]) {
      const listener = new Listener()
      assert.equal(listener.push(payload), text)
      for (const count of [1, 2, 7, 40]) {
        for (let order = 0; order < 20; order++) {
          const chunks = chunked(payload, count, `${count}${order}`).sort(() => random.next() - 0.5)
          assert.deepEqual(listener.pushAll(chunks), [...new Array<undefined>(count - 1).fill(undefined), text])
        }
      }
      listener.assertCounted({ received: 81, gelf_sets_complete: 80 })
      assert.equal(listener.datagrams.pendingSets, 0)
      assert.equal(listener.datagrams.pendingBytes, 0)
    }
  })

  it('takes 128 chunks, and what is no JSON', () => {
    const listener = new Listener()
    assert.equal(listener.pushAll(chunked(Buffer.from('x'.repeat(1000)), 128)).at(-1), 'x'.repeat(1000))
    assert.equal(listener.push(Buffer.from('x hello')), 'x hello')
  })

  it('leaves terminators at the end of a message away, and counts an empty one', () => {
    const listener = new Listener()
    assert.equal(listener.push(Buffer.from(`${text}\r\n\0`)), text)
    assert.equal(listener.push(gzipSync(`${text}\n`)), text)
    assert.deepEqual(listener.pushAll([Buffer.alloc(0), Buffer.from('\n'), gzipSync(''), chunk('1', 0, 1, '')]), [
      ...new Array<undefined>(4).fill(undefined),
    ])
    listener.assertCounted({ received: 6, gelf_sets_complete: 1, 'discarded.empty_datagram': 4 })
  })

  it('over the maximum: dropped, however it comes', () => {
    const listener = new Listener(1000)
    const fits = 'x'.repeat(1000)
    const plain = (message: string): Buffer => Buffer.from(message)
    for (const [i, payload] of [plain, gzipSync, deflateSync].entries()) {
      assert.equal(listener.push(payload(fits)), fits)
      assert.equal(listener.push(payload(`${fits}x`)), undefined)
      assert.equal(listener.pushAll(chunked(payload(fits), 5, `${i}`)).at(-1), fits)
      assert.equal(listener.pushAll(chunked(payload(`${fits}x`), 5, `${i} x`)).at(-1), undefined)
    }
    listener.assertCounted({
      received: 12,
      gelf_sets_complete: 6,
      'dropped.gelf_too_large': 2,
      'dropped.gelf_inflate': 4,
    })
  })

  it('a set which cannot fit any more is dropped before it is complete', () => {
    const listener = new Listener(1000)
    for (let i = 0; i < 5; i++) listener.push(chunk('1', i, 128, 'x'.repeat(500)))
    listener.assertCounted({ received: 1, 'dropped.gelf_too_large': 1 })
    assert.equal(listener.datagrams.pendingBytes, 0)
  })

  it('damaged compression: dropped', () => {
    const listener = new Listener()
    const gzip = gzipSync(text)
    assert.equal(listener.push(gzip.subarray(0, -9)), undefined)
    gzip[15] = (gzip[15] ?? 0) ^ 0xff
    assert.equal(listener.push(gzip), undefined)
    assert.equal(listener.push(Buffer.from('\x78\x9cjunk', 'latin1')), undefined)
    listener.assertCounted({ received: 3, 'dropped.gelf_inflate': 3 })
  })
})

describe('chunks of GELF', () => {
  it('in five seconds, else the set is dropped', () => {
    const [first = nothing, second = nothing] = chunked(Buffer.from(text), 2)
    const inTime = new Listener()
    inTime.push(first, 'a', 1000)
    inTime.datagrams.sweep(6000)
    assert.equal(inTime.push(second, 'a', 6000), text)
    for (const isSwept of [true, false]) {
      const listener = new Listener()
      listener.push(first, 'a', 1000)
      if (isSwept) listener.datagrams.sweep(6001)
      assert.equal(listener.datagrams.pendingSets, isSwept ? 0 : 1)
      assert.equal(listener.push(second, 'a', 6001), undefined)
      listener.assertCounted({ received: 1, 'dropped.gelf_set_expired': 1 })
      assert.equal(listener.push(first, 'a', 6002), text)
    }
  })

  it('which come twice are ignored and counted, behind the last one too', () => {
    const listener = new Listener()
    const chunks = chunked(gzipSync(text), 3)
    assert.deepEqual(
      listener.pushAll(chunks.flatMap((datagram) => [datagram, datagram])).filter((message) => message !== undefined),
      [text],
    )
    assert.deepEqual(listener.pushAll(chunks), [undefined, undefined, undefined])
    listener.assertCounted({ received: 1, gelf_sets_complete: 1, gelf_chunks_duplicate: 6 })
    assert.equal(listener.datagrams.pendingSets, 0)
  })

  it('with the id of a message which is complete, but other data, are another message', () => {
    const listener = new Listener()
    assert.equal(listener.pushAll(chunked(Buffer.from('one message'), 2)).at(-1), 'one message')
    assert.equal(listener.pushAll(chunked(Buffer.from('the other!!'), 2)).at(-1), 'the other!!')
  })

  it('which disagree about their count drop the set', () => {
    const listener = new Listener()
    assert.deepEqual(listener.pushAll([chunk('1', 0, 3, 'a'), chunk('1', 1, 2, 'b')]), [undefined, undefined])
    assert.equal(listener.datagrams.pendingSets, 0)
    listener.assertCounted({ received: 1, 'dropped.gelf_chunk_invalid': 1 })
  })

  it('may be compressed, but not chunked once more', () => {
    const listener = new Listener()
    assert.equal(listener.pushAll(chunked(chunk('2', 0, 1, text), 2)).at(-1), undefined)
    listener.assertCounted({ received: 1, gelf_sets_complete: 1, 'dropped.gelf_chunk_invalid': 1 })
  })

  it('fault 5: count 0, count 129, sequence >= count, half a head: dropped and counted', () => {
    const listener = new Listener()
    const bad = [chunk('1', 0, 0, 'x'), chunk('1', 0, 129, 'x'), chunk('1', 3, 3, 'x'), chunk('1', 255, 128, 'x')]
    bad.push(...[2, 5, 10, 11].map((length) => chunk('1', 0, 1, '').subarray(0, length)))
    for (const datagram of bad) assert.equal(listener.push(datagram), undefined)
    listener.assertCounted({ received: 8, 'dropped.gelf_chunk_invalid': 8 })
    assert.equal(listener.datagrams.pendingSets, 0)
    assert.equal(listener.push(Buffer.from(text)), text)
  })

  it('fault 6: equal ids from two sources yield two correct messages', () => {
    const listener = new Listener()
    const [a0 = nothing, a1 = nothing] = chunked(Buffer.from('{"from":"A"}'), 2)
    const [b0 = nothing, b1 = nothing] = chunked(Buffer.from('{"from":"B"}'), 2)
    assert.equal(listener.push(a0, 'A'), undefined)
    assert.equal(listener.push(b1, 'B'), undefined)
    assert.equal(listener.push(a1, 'A'), '{"from":"A"}')
    assert.equal(listener.push(b0, 'B'), '{"from":"B"}')
  })
})

describe('GELF which is made to hurt', () => {
  it('fault 5: 100,000 unfinished sets leave memory bounded and the listener alive', () => {
    const listener = new Listener()
    const datagram = chunk('', 0, 2, 'x'.repeat(1000))
    for (let i = 0; i < 100_000; i++) {
      datagram.writeUInt32BE(i, 2)
      listener.datagrams.push(datagram, `192.0.${i % 7}.${i % 251}`, i / 100)
      if (i % 1000 === 0) listener.datagrams.sweep(i / 100)
      assert.ok(listener.datagrams.pendingSets <= 1000)
    }
    assert.ok(listener.datagrams.pendingBytes < 2 * mebibyte)
    assert.equal(listener.pushAll(chunked(Buffer.from(text), 9), 'new', 1000).at(-1), text)
    const { received, gelf_sets_complete: complete, ...dropped } = listener.counters.snapshot()
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
    assert.equal(complete, 1)
    assert.equal(received, lost + 1)
    assert.equal(lost, 100_000 - listener.datagrams.pendingSets)
    listener.datagrams.sweep(7000)
    assert.equal(listener.datagrams.pendingSets, 0)
    assert.equal(listener.datagrams.pendingBytes, 0)
  })

  it('fault 5: a 1,000:1 bomb, plain and chunked', () => {
    const listener = new Listener()
    const bomb = gzipSync(Buffer.alloc(60 * mebibyte))
    const before = process.memoryUsage().rss
    assert.equal(listener.push(bomb), undefined)
    assert.equal(listener.pushAll(chunked(bomb, 128)).at(-1), undefined)
    assert.equal(listener.push(deflateSync(Buffer.alloc(mebibyte))), undefined)
    listener.assertCounted({ received: 3, gelf_sets_complete: 1, 'dropped.gelf_inflate': 3 })
    assert.ok(process.memoryUsage().rss - before < 30 * mebibyte)
    assert.equal(listener.push(Buffer.from(text)), text)
  })

  it('a sender has 64 sets, the oldest goes', () => {
    const listener = new Listener()
    for (let i = 0; i < 65; i++) listener.push(chunk(String(i), 0, 2, 'x'), 'greedy', i)
    listener.push(chunk('other', 0, 2, 'x'), 'modest', 0)
    assert.equal(listener.datagrams.pendingSets, 65)
    assert.equal(listener.push(chunk('1', 1, 2, 'y'), 'greedy', 65), 'xy')
    assert.equal(listener.push(chunk('0', 1, 2, 'y'), 'greedy', 65), undefined)
    listener.assertCounted({ received: 2, gelf_sets_complete: 1, 'dropped.gelf_set_evicted': 1 })
  })

  it('all have 1,000 sets; the oldest of whoever has most goes', () => {
    const listener = new Listener()
    for (let sender = 0; sender < 470; sender++) {
      for (const id of ['a', 'b']) listener.push(chunk(id, 0, 2, 'x'), `modest ${sender}`)
    }
    for (let i = 0; i < 64; i++) listener.push(chunk(String(i), 0, 2, 'x'), 'greedy')
    assert.equal(listener.datagrams.pendingSets, 1000)
    for (let sender = 0; sender < 470; sender++) {
      for (const id of ['a', 'b']) assert.equal(listener.push(chunk(id, 1, 2, 'y'), `modest ${sender}`), 'xy')
    }
    listener.assertCounted({ received: 944, gelf_sets_complete: 940, 'dropped.gelf_set_evicted': 4 })
    assert.equal(listener.push(chunk('3', 1, 2, 'y'), 'greedy'), undefined)
    assert.equal(listener.push(chunk('4', 1, 2, 'y'), 'greedy'), 'xy')
  })

  it('all have 64 MiB; the oldest of whoever has most goes, were it a single set', () => {
    const listener = new Listener(1000, { sets: 1000, bytes: 20_000 })
    for (let i = 0; i < 10; i++) listener.push(chunk('a', 0, 2, 'x'), `modest ${i}`)
    for (let i = 0; i < 20; i++) {
      listener.push(chunk('big', i, 128, 'x'.repeat(100)), 'greedy a')
      listener.push(chunk('big', i, 128, 'x'.repeat(100)), 'greedy b')
      assert.ok(listener.datagrams.pendingBytes <= 20_000)
    }
    assert.equal(listener.counters.get('dropped.gelf_set_evicted') > 0, true)
    for (let i = 0; i < 10; i++) assert.equal(listener.push(chunk('a', 1, 2, 'y'), `modest ${i}`), 'xy')
  })

  it('memory is what the counted bytes say, even of empty chunks', () => {
    const listener = new Listener()
    for (let set = 0; set < 64; set++) {
      for (let i = 0; i < 127; i++) listener.push(chunk(String(set), i, 128, ''), 'a')
    }
    assert.ok(listener.datagrams.pendingBytes > 64 * 127 * 200)
  })
})

const nothing = Buffer.alloc(0)
