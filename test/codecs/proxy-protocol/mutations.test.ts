import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { ProxyHeader, type ProxyOutcome } from '../../../src/codecs/proxy-protocol/proxy-header.ts'
import { mutated, mutationSeed, mutations, randomPieces } from '../../support/mutation.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { extension, inet, inet6, version2, withChecksum } from './headers.ts'

const headers: readonly Buffer[] = [
  Buffer.from('PROXY TCP4 203.0.113.7 192.0.2.1 56324 6514\r\n'),
  Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 56324 6514\r\n'),
  Buffer.from('PROXY UNKNOWN\r\n'),
  version2(0x20, 0x00),
  version2(0x21, 0x11, inet, extension(4, Buffer.alloc(3))),
  withChecksum(version2(0x21, 0x21, inet6, extension(0xea, Buffer.from('vpce')), extension(3, Buffer.alloc(4)))),
]
const tokens = [
  '\r\n',
  '\r',
  '\n',
  ' ',
  ':',
  '::',
  '.',
  '0',
  '65536',
  'UNKNOWN',
  '\x20',
  '\x21',
  '\xff\xff',
  '\x03\0\x04',
]
const payload = Buffer.from('<13>a\nPROXY TCP4 \r\n\r\n\0\r\nQUIT\n')

/** The outcome, and how many bytes the header took. */
function taken(pieces: readonly Buffer[]): readonly [ProxyOutcome['result'] | undefined, number, string] {
  const header = new ProxyHeader()
  let fed = 0
  for (const piece of pieces) {
    const outcome = header.push(piece)
    fed += piece.length
    if (outcome?.result === 'bad') return ['bad', 0, outcome.reason]
    if (outcome === undefined) continue
    const endpoints = outcome.result === 'proxied' ? `${outcome.sourceAddress} ${outcome.destinationPort}` : ''
    return [outcome.result, fed - outcome.rest.length, endpoints]
  }
  return [undefined, 0, '']
}

describe(`${mutations} damaged PROXY headers (KINLOADER_SEED=${mutationSeed})`, function () {
  this.timeout(20_000 + 3 * mutations)

  it('mean the same in any pieces, and what follows them is whole', () => {
    for (let i = 0; i < mutations; i++) {
      const random = new SeededRandom(mutationSeed + i)
      const input = Buffer.concat([mutated(random, random.pick(headers), tokens), payload])
      const [result, headerBytes, text] = taken([input])
      const again = `run again with KINLOADER_SEED=${mutationSeed + i}`
      assert.deepEqual(taken(randomPieces(random, input)), [result, headerBytes, text], again)
      if (result !== 'proxied') continue
      const [address = '', port = ''] = text.split(' ')
      assert.ok(isIP(address) !== 0 && Number(port) <= 65_535, again)
      assert.ok(headerBytes > 0 && headerBytes <= input.length, again)
    }
  })
})
