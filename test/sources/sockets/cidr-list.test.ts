import assert from 'node:assert/strict'
import { CidrList, parseCidr } from '../../../src/sources/sockets/cidr-list.ts'

describe('CIDR lists', () => {
  it('let everybody in when they are empty', () => {
    assert.equal(new CidrList([], 'not_allowed').allows('192.0.2.1'), true)
  })

  for (const [blocks, address, allowed] of [
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.1.2.3/8'], '10.9.9.9', true],
    [['192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.1'], '192.0.2.2', false],
    [['0.0.0.0/0'], '192.0.2.2', true],
    [['0.0.0.0/0'], '::1', false],
    [['2001:db8::/32', '::1'], '2001:db8:ffff::1', true],
    [['2001:db8::/32', '::1'], '::1', true],
    [['2001:db8::/32', '::1'], '2001:db9::1', false],
    [['::ffff:10.0.0.0/104'], '10.2.3.4', true],
    [['::ffff:10.0.0.0/104'], '11.2.3.4', false],
    [['::FFFF:10.0.0.0/104'], '10.2.3.4', true],
    [['0:0:0:0:0:ffff:a00:0/104'], '10.2.3.4', true],
    [['0:0:0:0:0:ffff:a00:0/104'], '11.2.3.4', false],
  ] as const) {
    it(`${blocks.join(' ')} ${allowed ? 'lets in' : 'keeps out'} ${address}`, () => {
      assert.equal(new CidrList(blocks, 'not_allowed').allows(address), allowed)
    })
  }

  for (const text of [
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'host/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/-1',
    'fe80::%1',
  ]) {
    it(`takes no ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCidr(text), { code: 'CIDR_INVALID', message: /is no block of addresses/ })
    })
  }
})
