import { isAscii } from 'node:buffer'

/**
 * Bytes which are left in base64, as they came: whoever passes them on in base64 decodes and encodes nothing, and
 * whoever wants the bytes gets them when asked. A view; it keeps the buffer it lies in.
 */
export class Base64Text {
  readonly text: Buffer
  /** Of what it stands for. */
  readonly byteLength: number

  private constructor(text: Buffer) {
    this.text = text
    const padding = text.at(-1) === equalsSign ? (text.at(-2) === equalsSign ? 2 : 1) : 0
    this.byteLength = (text.length / 4) * 3 - padding
  }

  /**
   * Undefined when it has escapes, line feeds, other characters or no padding: it is then not to be passed on as it is.
   * The alphabet itself is not looked through.
   */
  static of(text: Buffer): Base64Text | undefined {
    const isPlain = text.length % 4 === 0 && isAscii(text) && !text.includes(backslash) && !text.includes(lineFeed)
    return isPlain ? new Base64Text(text) : undefined
  }

  /** Each call decodes anew. */
  decode(): Buffer {
    return Buffer.from(this.text.toString('latin1'), 'base64')
  }
}

const equalsSign = 0x3d
const backslash = 0x5c
const lineFeed = 0x0a
