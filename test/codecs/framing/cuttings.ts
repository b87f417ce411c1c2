import assert from 'node:assert/strict'
import type { Framer } from '../../../src/core/framer.ts'
import { Counters } from '../../../src/core/metrics.ts'

/** What came out of a connection, one character a byte. */
export interface Framed {
  readonly messages: readonly string[]
  readonly refusal?: string
  readonly counters: Readonly<Record<string, number>>
}

export type FramerFactory = (counters: Counters) => Framer

/** A connection which sends these pieces and ends. */
export function framed(create: FramerFactory, pieces: Iterable<Buffer>): Framed {
  const counters = new Counters()
  const framer = create(counters)
  const messages: string[] = []
  for (const piece of pieces) {
    const chunk = Buffer.from(piece)
    for (const message of framer.push(chunk).flatMap((part) => [...part])) messages.push(latin1(message))
    chunk.fill(0xee) // its memory is the socket's again
  }
  for (const message of framer.end().flatMap((part) => [...part])) messages.push(latin1(message))
  const { refusal } = framer
  return { messages, ...(refusal === undefined ? {} : { refusal }), counters: counters.snapshot() }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
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
