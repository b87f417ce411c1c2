import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import {
  decodeFrames,
  encodeFrames,
  type Frame,
  frameHeadBytes,
  maxPayloadBytes,
} from '../../../src/sinks/spooling/frames.ts'

const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
const entry = (payload: Uint8Array): Frame => ({ kind: 'entry', payload })
const seal = (payload: Uint8Array): Frame => ({ kind: 'seal', payload })
const plain = (list: readonly Uint8Array[]): Buffer[] => list.map((bytes) => Buffer.from(bytes))

/** How many frames of the file end at or before each byte. */
function framesBefore(frames: readonly Frame[], at: number): number {
  let end = 0
  return frames.filter(({ payload }) => (end += frameHeadBytes + payload.length) <= at).length
}

describe('spool frames', () => {
  it('have the form which is drawn', () => {
    const [first, last] = ['0000000301', '0000000002']
    assert.equal(
      encodeFrames([entry(Buffer.from('abc')), seal(Buffer.of())]).toString('hex'),
      [first, crcOf(first).slice(2), crcOf(`${first}616263`), '616263', last, crcOf(last).slice(2), crcOf(last)].join(
        '',
      ),
    )
  })

  it('come back as they went in', () => {
    fc.assert(
      fc.property(payloads, fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }), (list, last) => {
        const bytes = encodeFrames([...list.map(entry), ...(last === undefined ? [] : [seal(last)])])
        const decoded = decodeFrames(bytes)
        assert.deepEqual(plain(decoded.entries), plain(list))
        assert.deepEqual(decoded.seal && Buffer.from(decoded.seal), last && Buffer.from(last))
        assert.equal(decoded.wholeBytes, bytes.length)
        assert.equal(decoded.rest, 'nothing')
      }),
    )
  })

  it('cut at any byte are the first of them, and known to be torn', () => {
    fc.assert(
      fc.property(payloads, fc.uint8Array({ maxLength: 20 }), (list, last) => {
        const frames = [...list.map(entry), seal(last)]
        const bytes = encodeFrames(frames)
        for (let cut = 0; cut < bytes.length; cut += 1) {
          const decoded = decodeFrames(bytes.subarray(0, cut))
          assert.deepEqual(plain(decoded.entries), plain(list.slice(0, framesBefore(frames, cut))))
          assert.equal(decoded.seal, undefined)
          assert.equal(decoded.rest, cut === decoded.wholeBytes ? 'nothing' : 'torn')
        }
      }),
    )
  })

  it('with any byte changed are those before it, and known to be damaged', () => {
    fc.assert(
      fc.property(
        payloads,
        fc.uint8Array({ maxLength: 20 }),
        fc.integer({ min: 1, max: 255 }),
        (list, last, change) => {
          const frames = [...list.map(entry), seal(last)]
          const bytes = encodeFrames(frames)
          for (let at = 0; at < bytes.length; at += 1) {
            const changed = Buffer.from(bytes)
            changed[at] = (bytes[at] ?? 0) ^ change
            const decoded = decodeFrames(changed)
            assert.deepEqual(plain(decoded.entries), plain(list.slice(0, framesBefore(frames, at))))
            assert.equal(decoded.seal, undefined)
            assert.equal(decoded.rest, 'damaged')
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('never believe a head with any byte changed in any way', () => {
    // Checksums are linear: what holds for this head holds for every other.
    const bytes = encodeFrames([entry(Buffer.of())])
    for (let at = 0; at < frameHeadBytes; at += 1) {
      for (let change = 1; change <= 255; change += 1) {
        const changed = Buffer.from(bytes)
        changed[at] = (bytes[at] ?? 0) ^ change
        assert.equal(decodeFrames(changed).rest, 'damaged')
      }
    }
  })

  it('end with the seal: what stands behind it is damage', () => {
    const bytes = encodeFrames([entry(Buffer.from('a')), seal(Buffer.from('s')), entry(Buffer.from('b'))])
    const { entries, seal: sealed, wholeBytes, rest } = decodeFrames(bytes)
    assert.deepEqual([entries.length, String(sealed), wholeBytes, rest], [1, 's', 26, 'damaged'])
  })

  it('are not looked for in anything else', () => {
    assert.equal(decodeFrames(Buffer.alloc(64)).rest, 'damaged')
    assert.equal(decodeFrames(head(maxPayloadBytes, 1)).rest, 'torn')
    assert.equal(decodeFrames(head(maxPayloadBytes + 1, 1)).rest, 'damaged')
    assert.equal(decodeFrames(head(0, 3)).rest, 'damaged')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        assert.equal(decodeFrames(Buffer.from(bytes)).entries.length, 0)
      }),
    )
  })
})

function crcOf(hex: string): string {
  return crc32(Buffer.from(hex, 'hex')).toString(16).padStart(8, '0')
}

/** A head whose checksums are right, without payload. */
function head(length: number, kind: number): Buffer {
  const bytes = Buffer.alloc(frameHeadBytes)
  bytes.writeUInt32BE(length)
  bytes[4] = kind
  const crc = crc32(bytes.subarray(0, 5))
  bytes.writeUIntBE(crc & 0xffffff, 5, 3)
  bytes.writeUInt32BE(crc, 8)
  return bytes
}
