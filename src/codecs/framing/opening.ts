/**
 * What a connection begins with may be no messages at all: TLS on a plain port, or a load balancer which asks whether
 * anybody is there. Only the very first bytes are looked at; the same bytes later on are a message.
 */
export class Opening {
  #isTlsDecided = false
  #mayBeHttp = false

  /** To be asked of all bytes since the beginning, until it no longer says `undecided`. */
  look(bytes: Buffer, isEnd: boolean): 'tls_hello' | 'undecided' | 'messages' {
    if (this.#isTlsDecided) return 'messages'
    const isHello = isTlsHello(bytes)
    if (isHello === undefined && !isEnd) return 'undecided'
    this.#isTlsDecided = true
    this.#mayBeHttp = bytes[0] === upperG || bytes[0] === upperH
    return isHello === true ? 'tls_hello' : 'messages'
  }

  /** Whether the first line may still turn out to be a request. */
  get mayBeHttp(): boolean {
    return this.#mayBeHttp
  }

  /**
   * To be asked of each message until `mayBeHttp` is false: a request is the first line, a whole one. One which is longer
   * than a message may be is none.
   */
  isHttpRequest(line: Buffer, maxMessageBytes: number): boolean {
    const isRequest = this.#mayBeHttp && line.length <= maxMessageBytes && requestLine.test(line.toString('latin1'))
    this.#mayBeHttp = false
    return isRequest
  }
}

/**
 * The record and the handshake of a ClientHello (RFC 8446, 5.1 and 4):
 *
 *     16  03 00-04  length*2  01
 */
function isTlsHello(bytes: Uint8Array): boolean | undefined {
  const isSoFar = (bytes[0] ?? 0x16) === 0x16 && (bytes[1] ?? 3) === 3 && (bytes[2] ?? 0) <= 4 && (bytes[5] ?? 1) === 1
  if (!isSoFar) return false
  return bytes.length < 6 ? undefined : true
}

const requestLine = /^(?:GET|HEAD) [^\s]+ HTTP\/1\.\d\r?$/
const upperG = 0x47
const upperH = 0x48
