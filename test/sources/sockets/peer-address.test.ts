import assert from 'node:assert/strict'
import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { canonicalAddress } from '../../../src/codecs/ip-address.ts'
import { peerAddress } from '../../../src/sources/sockets/peer-address.ts'

describe('the name of a peer', () => {
  for (const [address, name] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%eth0.100', 'fe80::1'],
    ['::1.2.3.4', '::102:304'],
  ] as const) {
    it(`${address} is ${name}`, () => {
      assert.equal(peerAddress(address), name)
    })
  }

  it('is the one text of its address, whichever it is', () => {
    const group = fc.oneof(fc.constantFrom(0, 0xffff), fc.nat({ max: 0xffff }))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((value) => value.toString(16)).join(':')
        const { address } = new SocketAddress({ address: text, family: 'ipv6' })
        assert.equal(peerAddress(address), canonicalAddress(text))
      }),
    )
  })
})
