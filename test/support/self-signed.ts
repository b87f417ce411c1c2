import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A fresh key and a certificate it signed itself, for 127.0.0.1, ::1 and localhost, both as PEM. */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
  const name = sequence(element(0x31, sequence(oid('550403'), element(0x0c, Buffer.from('kinloader test')))))
  const validity = sequence(element(0x17, Buffer.from('250101000000Z')), element(0x17, Buffer.from('491231235959Z')))
  const names = sequence(
    element(0x82, Buffer.from('localhost')),
    element(0x87, Buffer.from([127, 0, 0, 1])),
    element(0x87, Buffer.from([...Array<number>(15).fill(0), 1])),
  )
  const subjectAltName = sequence(oid('551d11'), element(0x04, names))
  // RFC 5280, section 4.1: version 3, serial, algorithm, issuer, validity, subject, key, extensions.
  const certificate = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(subjectAltName)),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', certificate, privateKey)])
  const der = sequence(certificate, ecdsaWithSha256, element(0x03, signature))
  const lines = (der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

/** One DER element: tag, length, content. */
function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return element(0x30, ...contents)
}

function oid(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'))
}
