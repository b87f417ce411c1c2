import assert from 'node:assert/strict'
import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { canonicalAddress, ipAddressText, parseIpAddress } from '../../src/codecs/ip-address.ts'

describe('the canonical text of an IP address', () => {
  const rows = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::fffe:192.0.2.1', '::fffe:c000:201'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
  ] as const
  for (const [text, canonical] of rows) {
    it(text, () => {
      assert.equal(canonicalAddress(text), canonical)
      assert.equal(canonicalAddress(canonical), canonical)
    })
  }

  it('of what is none is what it was', () => {
    const none = [
      '',
      'host',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '256.1.1.1',
      '1.2.3.4%eth0',
      '1:2:3:4:5:6:7',
      ':1',
      '1:::2',
    ]
    none.push('1::2::3', '1:2:3:4:5:6:7:8::', '12345::', 'g::', '1.2.3.4::', '::1.2.3', '::1.2.3.4:1', ' ::1', ':', '%')
    for (const text of none) {
      assert.equal(canonicalAddress(text), text)
      assert.equal(parseIpAddress(text), undefined, text)
    }
  })

  it('is what Node says, of any address', () => {
    const group = fc.oneof(fc.constant(0), fc.nat({ max: 0xffff }))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]))
        const text = ipAddressText(bytes)
        if (text.includes('.')) return
        assert.deepEqual(parseIpAddress(text), bytes)
        assert.deepEqual(parseIpAddress(groups.map((value) => value.toString(16)).join(':')), bytes)
        // inet_ntop writes what was IPv4-compatible once (RFC 4291, 2.5.5.1) as such.
        if (groups.slice(0, 6).some((value) => value !== 0)) {
          assert.equal(new SocketAddress({ address: text, family: 'ipv6' }).address, text)
        }
      }),
    )
  })
})
