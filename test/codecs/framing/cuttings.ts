import assert from 'node:assert/strict'
import type { Framer } from '../../../src/core/framer.ts'
import type { Messages } from '../../../src/core/messages.ts'
import { Counters } from '../../../src/core/metrics.ts'

/** What came out of a connection, one character a byte. */
export interface Framed {
  readonly messages: readonly string[]
  readonly refusal?: string
  readonly counters: Readonly<Record<string, number>>
}

export type FramerFactory = (counters: Counters) => Framer

/** A connection which sends these pieces and ends, read by whoever looks at once, and by whoever does at the end. */
export function framed(create: FramerFactory, pieces: Iterable<Buffer>): Framed {
  const sent = [...pieces]
  const counters = new Counters()
  const framer = create(counters)
  const messages: string[] = []
  for (const piece of sent) {
    const chunk = Buffer.from(piece)
    messages.push(...framer.push(chunk).flatMap(texts))
    chunk.fill(0xee) // its memory is the socket's again
  }
  messages.push(...framer.end().flatMap(texts))

  const late = create(new Counters())
  const kept = sent.flatMap((piece) => late.push(Buffer.from(piece)))
  assert.deepEqual([...kept, ...late.end()].flatMap(texts), messages)

  const { refusal } = framer
  return { messages, ...(refusal === undefined ? {} : { refusal }), counters: counters.snapshot() }
}

function texts(messages: Messages): string[] {
  return [...messages].map((message) => Buffer.from(message).toString('latin1'))
}

/** The input in one piece, in two at every place, in single bytes. */
export function* cuttings(input: Buffer): Generator<Buffer[]> {
  yield [input]
  for (let at = 1; at < input.length; at++) yield [input.subarray(0, at), input.subarray(at)]
  yield singleBytes(input)
}

export function singleBytes(input: Buffer): Buffer[] {
  return Array.from(input, (_, at) => input.subarray(at, at + 1))
}

/** Cut at these places, in any order, some of them beyond. */
export function cutAt(input: Buffer, places: readonly number[]): Buffer[] {
  const borders = [0, ...places.map((at) => Math.min(at, input.length)).sort((a, b) => a - b), input.length]
  return borders.slice(1).map((end, i) => input.subarray(borders[i], end))
}

/** The same of every cutting of the input. */
export function assertFramed(create: FramerFactory, input: string, expected: Framed): void {
  for (const pieces of cuttings(Buffer.from(input, 'latin1'))) {
    assert.deepEqual(framed(create, pieces), expected, `in pieces of ${pieces.map(({ length }) => length).join(', ')}`)
  }
}
