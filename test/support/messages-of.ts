import { Messages } from '../../src/core/messages.ts'

/** Messages which stand in one piece of memory, with something between them which is nobody's. */
export function messagesOf(texts: readonly (string | Uint8Array)[], gap = '\n'): Messages {
  const parts = texts.flatMap((text) => [Buffer.from(gap), Buffer.from(text)])
  const messages = new Messages(Buffer.concat([...parts, Buffer.from(gap)]))
  let at = 0
  for (const [index, { length }] of parts.entries()) {
    if (index % 2 === 1) messages.add(at, at + length)
    at += length
  }
  return messages
}
