import type { SeededRandom } from './seeded-random.ts'

/** How many damages each of the tests of codecs tries (`KINLOADER_MUTATIONS`); `make verify` asks for a million. */
export const mutations = Number(process.env['KINLOADER_MUTATIONS'] ?? 5000)

/** Of their randomness; a failure is had again with `KINLOADER_SEED`. */
export const mutationSeed = Number(process.env['KINLOADER_SEED'] ?? Date.now() % 2 ** 31)

/** One to three damages: bytes changed, put in, left out, doubled; `tokens` are those which hurt. */
export function mutated(random: SeededRandom, bytes: Buffer, tokens: readonly string[]): Buffer {
  let text = bytes.toString('latin1')
  for (let count = random.between(1, 3); count > 0; count--) {
    const start = random.between(0, text.length)
    const end = Math.min(text.length, start + random.pick([0, 1, 1, 1, 2, 5, 20, text.length]))
    const before = text.slice(0, start)
    const touched = text.slice(start, end)
    const replacement = random.pick([
      '',
      touched + touched,
      random.pick(tokens),
      random.pick(tokens) + touched,
      String.fromCharCode(random.between(0, 255)),
    ])
    text = before + replacement + text.slice(end)
  }
  return Buffer.from(text, 'latin1')
}

/** The input in pieces of random sizes, small and large. */
export function randomPieces(random: SeededRandom, input: Buffer): Buffer[] {
  const largest = random.pick([1, 3, 20, 200, input.length + 1])
  const pieces: Buffer[] = []
  for (let at = 0; at < input.length; ) {
    const end = at + random.between(1, largest)
    pieces.push(input.subarray(at, end))
    at = end
  }
  return pieces
}
