import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { Decoder } from '../../src/core/codec.ts'
import { errorCode } from '../../src/core/errors.ts'
import type { LogEvent } from '../../src/core/event.ts'

/** What a decoder of bare messages makes of a payload. */
export function messagesOf(
  decoder: Decoder<LogEvent>,
  payload: Uint8Array | string,
): { messages: string[]; code: string } {
  const { items, error } = decoder.decode(Buffer.from(payload as string))
  for (const item of items) assert.deepEqual(Object.keys(item), ['message'])
  return { messages: items.map(({ message }) => Buffer.from(message as string).toString()), code: errorCode(error) }
}

/** The payload as it is, and as gzip: no decoder here may tell the difference. */
export function bothWays(decoder: Decoder<LogEvent>, text: string, messages: string[], code = ''): void {
  assert.deepEqual(messagesOf(decoder, text), { messages, code }, JSON.stringify(text))
  assert.deepEqual(messagesOf(decoder, gzipSync(text)), { messages, code }, `gzip of ${JSON.stringify(text)}`)
}
