import { crc32 } from 'node:zlib'
import { SeededRandom } from '../../../test/support/seeded-random.ts'
import { logLines } from '../log-lines.ts'

export const messageBytes = 200
/** What is sent is sent again and again: 10 MB are far more than a compressor looks back. */
export const corpusMessages = 50_000

/** The same RFC 5424 messages of 200 bytes for the same seed, without line feeds. */
export function* syslogMessages(count: number, seed = 7): Generator<string> {
  const random = new SeededRandom(seed)
  let ms = 1_767_225_600_000
  for (const line of logLines(count, seed)) {
    ms += random.between(0, 3)
    const priority = 8 * random.between(16, 23) + random.between(3, 6)
    const app = random.pick(['orders', 'billing', 'users', 'carts', 'nginx'])
    const head = `<${priority}>1 ${new Date(ms).toISOString()} web-${random.between(10, 99)} ${app} ${random.between(100, 9999)} - - `
    yield (head + line).slice(0, messageBytes)
  }
}

/** Of messages in any order: equal digests mean the same messages as often. */
export class MessageDigest {
  #count = 0
  #sum = 0

  add(message: string | Uint8Array): void {
    this.#count += 1
    this.#sum = (this.#sum + crc32(message)) % 2 ** 48
  }

  get text(): string {
    return `${this.#count} messages, ${this.#sum.toString(16)}`
  }

  get count(): number {
    return this.#count
  }
}
