import assert from 'node:assert/strict'
import fc from 'fast-check'
import { crc32c } from '../../../src/codecs/proxy-protocol/crc32c.ts'
import { ProxyHeader } from '../../../src/codecs/proxy-protocol/proxy-header.ts'
import { cutAt, cuttings } from '../framing/cuttings.ts'
import { extension, inet, inet6, version2, withChecksum } from './headers.ts'

type Told = 'incomplete' | { readonly result: string; readonly [key: string]: unknown }

/** The outcome, with the whole rest of what was sent. */
function told(pieces: readonly Buffer[]): Told {
  const header = new ProxyHeader()
  for (const [i, piece] of pieces.entries()) {
    const outcome = header.push(Buffer.from(piece))
    if (outcome === undefined) continue
    if (outcome.result === 'bad') return outcome
    return { ...outcome, rest: Buffer.concat([outcome.rest, ...pieces.slice(i + 1)]).toString('latin1') }
  }
  return 'incomplete'
}

function assertTold(input: Buffer, expected: Told): void {
  for (const pieces of cuttings(input)) {
    assert.deepEqual(told(pieces), expected, `in pieces of ${pieces.map(({ length }) => length).join(', ')}`)
  }
}

const payload = '<13>a\r\n\r\nPROXY'

function assertTaken(
  header: string | Buffer,
  expected: { sourceAddress: string; destinationPort: number } | 'direct',
): void {
  for (const rest of ['', payload]) {
    const input = Buffer.concat([Buffer.from(header), Buffer.from(rest)])
    const outcome = expected === 'direct' ? { result: 'direct', rest } : { result: 'proxied', ...expected, rest }
    assertTold(input, outcome)
  }
  assertTold(Buffer.from(header).subarray(0, -1), 'incomplete')
}

function assertBad(header: string | Buffer, reason: string): void {
  assertTold(Buffer.from(header), { result: 'bad', reason })
}

const from4 = { sourceAddress: '203.0.113.7', destinationPort: 6514 }
const from6 = { sourceAddress: '2001:db8::7', destinationPort: 6514 }

describe('fault 1: a PROXY header of version 1, in every cutting', () => {
  it('TCP4 and TCP6', () => {
    assertTaken('PROXY TCP4 203.0.113.7 192.0.2.1 56324 6514\r\n', from4)
    assertTaken('PROXY TCP6 2001:DB8:0::0007 2001:db8::1 0 65535\r\n', { ...from6, destinationPort: 65_535 })
    assertTaken('PROXY TCP6 ::ffff:203.0.113.7 ::ffff:c000:201 56324 6514\r\n', from4)
  })

  it('of the longest kind: 107 bytes', () => {
    const address = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
    const header = `PROXY TCP6 ${address} ${address} 65535 65535\r\n`
    assert.ok(header.length <= 107)
    assertTaken(header, { sourceAddress: address, destinationPort: 65_535 })
    assertTaken(`PROXY UNKNOWN ${'x'.repeat(107 - 16)}\r\n`, 'direct')
    assertBad(`PROXY UNKNOWN ${'x'.repeat(108 - 16)}\r\n`, 'length')
    assertBad(`PROXY TCP4 ${'1'.repeat(200)}`, 'length')
  })

  it('fault 8: UNKNOWN, with anything to CRLF', () => {
    assertTaken('PROXY UNKNOWN\r\n', 'direct')
    assertTaken('PROXY UNKNOWN ffff::1 x \n \r 1 2 3 4 5\r\n', 'direct')
  })

  const bad: readonly (readonly [string, string])[] = [
    ['family', 'TCP5 203.0.113.7 192.0.2.1 56324 6514'],
    ['family', ' TCP4 203.0.113.7 192.0.2.1 56324 6514'],
    ['family', 'UNKNOWNS'],
    ['family', ''],
    ['fields', 'TCP4 203.0.113.7 192.0.2.1 56324'],
    ['fields', 'TCP4 203.0.113.7 192.0.2.1 56324 6514 '],
    ['fields', 'TCP4 203.0.113.7 192.0.2.1 56324 6514 1'],
    ['address', 'TCP4 203.0.113.07 192.0.2.1 56324 6514'],
    ['address', 'TCP4 2001:db8::7 2001:db8::1 56324 6514'],
    ['address', 'TCP4 203.0.113.7 2001:db8::1 56324 6514'],
    ['address', 'TCP6 203.0.113.7 192.0.2.1 56324 6514'],
    ['address', 'TCP6 fe80::1%eth0 fe80::1 56324 6514'],
    ['port', 'TCP4 203.0.113.7 192.0.2.1 56324 65536'],
    ['port', 'TCP4 203.0.113.7 192.0.2.1 -1 6514'],
    ['port', 'TCP4 203.0.113.7 192.0.2.1 056 6514'],
    ['port', 'TCP4 203.0.113.7 192.0.2.1 56324 6514\n'],
  ]
  for (const [reason, line] of bad) {
    it(`bad ${reason}: ${JSON.stringify(line)}`, () => {
      assertBad(`PROXY ${line}\r\n`, reason)
    })
  }

  it('no header', () => {
    for (const text of ['<13>a\n', 'PROXY\r\n', 'Proxy TCP4', 'P<13>', '\n', '\0']) assertBad(text, 'signature')
    assertTold(Buffer.from('PROXY'), 'incomplete')
    assertTold(Buffer.alloc(0), 'incomplete')
  })
})

describe('fault 1: a PROXY header of version 2, in every cutting', () => {
  it('PROXY, INET and INET6', () => {
    assertTaken(version2(0x21, 0x11, inet), from4)
    assertTaken(version2(0x21, 0x12, inet), from4)
    assertTaken(version2(0x21, 0x21, inet6), from6)
    const mapped = '00000000000000000000ffffcb007107' + '00000000000000000000ffffc0000201' + 'dc041972'
    assertTaken(version2(0x21, 0x21, mapped), from4)
  })

  it('extensions are skipped by their length', () => {
    const vpcEndpoint = extension(0xea, Buffer.from('\x01vpce-08d2bf15fac5001c9', 'latin1'))
    assertTaken(version2(0x21, 0x11, inet, vpcEndpoint, extension(4, Buffer.alloc(3))), from4)
    assertTaken(version2(0x21, 0x21, inet6, extension(4, Buffer.alloc(0))), from6)
    const largest = version2(0x21, 0x11, inet, extension(5, Buffer.alloc(65_535 - 12 - 3, 'x')))
    for (const places of [[], [15], [16, 40_000], [65_550]]) {
      assert.deepEqual(told(cutAt(Buffer.concat([largest, Buffer.from(payload)]), places)), {
        result: 'proxied',
        ...from4,
        rest: payload,
      })
    }
  })

  it('CRC32C is verified', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
    const right = withChecksum(
      version2(0x21, 0x11, inet, extension(0xea, Buffer.from('x')), extension(3, Buffer.alloc(4))),
    )
    assertTaken(right, from4)
    for (const at of [16, 27, 28, 31, right.length - 1]) {
      const wrong = Buffer.from(right)
      wrong[at] = (wrong[at] ?? 0) ^ 1
      assertBad(wrong, 'checksum')
    }
  })

  it('fault 8: UNSPEC and UNIX', () => {
    assertTaken(version2(0x21, 0x00), 'direct')
    assertTaken(version2(0x21, 0x01, 'ffffff'), 'direct')
    assertTaken(version2(0x21, 0x31, Buffer.alloc(216, 'x')), 'direct')
    assertTaken(version2(0x21, 0x32, Buffer.alloc(216), extension(3, Buffer.alloc(4))), 'direct')
  })

  it('fault 8: LOCAL, of any address length', () => {
    for (const family of [0x00, 0x11, 0x21, 0x31, 0xff]) {
      for (const length of [0, 1, 12, 36, 300]) assertTaken(version2(0x20, family, Buffer.alloc(length, 'x')), 'direct')
    }
    const largest = Buffer.concat([version2(0x20, 0x11, Buffer.alloc(65_535)), Buffer.from(payload)])
    assert.deepEqual(told(cutAt(largest, [14, 16, 65_000])), { result: 'direct', rest: payload })
  })

  const bad: readonly (readonly [string, string, Buffer])[] = [
    ['version', 'version 1', version2(0x11, 0x11, inet)],
    ['version', 'version 3', version2(0x31, 0x11, inet)],
    ['command', 'command 2', version2(0x22, 0x11, inet)],
    ['family', 'family 4', version2(0x21, 0x41, inet)],
    ['family', 'transport 3', version2(0x21, 0x13, inet)],
    ['family', 'INET without a transport', version2(0x21, 0x10, inet)],
    ['length', 'INET of 11 bytes', version2(0x21, 0x11, inet.slice(2))],
    ['length', 'INET of no bytes', version2(0x21, 0x11)],
    ['length', 'INET6 of 35 bytes', version2(0x21, 0x21, inet6.slice(2))],
    ['length', 'INET6 of an INET', version2(0x21, 0x21, inet)],
    ['extension', 'half a head of an extension', version2(0x21, 0x11, inet, 'ea00')],
    ['extension', 'an extension which goes on behind the header', version2(0x21, 0x11, inet, 'ea000200')],
    ['extension', 'a CRC32C of three bytes', version2(0x21, 0x11, inet, extension(3, Buffer.alloc(3)))],
    ['checksum', 'a wrong CRC32C', version2(0x21, 0x11, inet, extension(3, Buffer.alloc(4)))],
  ]
  for (const [reason, name, header] of bad) {
    it(`bad ${reason}: ${name}`, () => {
      assertBad(header, reason)
    })
  }

  it('two checksums, which would be work without end', () => {
    const header = version2(0x21, 0x11, inet, extension(3, Buffer.alloc(4)), extension(3, Buffer.alloc(4)))
    header.writeUInt32BE(crc32c(header), 16 + 12 + 3)
    assertBad(header, 'extension')
  })

  it('a damaged signature', () => {
    const header = version2(0x21, 0x11, inet)
    for (let at = 0; at < 12; at++) {
      const damaged = Buffer.from(header)
      damaged[at] = (damaged[at] ?? 0) ^ 0x20
      assertBad(damaged, 'signature')
    }
  })
})

describe('any PROXY header', () => {
  it('means the same, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x20, 0x21),
        fc.constantFrom(0x00, 0x11, 0x21, 0x31),
        fc.uint8Array({ maxLength: 120 }),
        fc.array(fc.nat({ max: 160 }), { maxLength: 10 }),
        (command, family, block, places) => {
          const input = Buffer.concat([version2(command, family, Buffer.from(block)), Buffer.from(payload)])
          assert.deepEqual(told(cutAt(input, places)), told([input]))
        },
      ),
    )
  })
})
