/** A datagram with a chunk; the id is filled with NUL up to its eight bytes. */
export function chunk(id: string, sequence: number, count: number, data: string | Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0x1e0f)
  head.write(id, 2, 8, 'latin1')
  head[10] = sequence
  head[11] = count
  return Buffer.concat([head, Buffer.from(data)])
}

/** A payload in that many chunks of about the same size. */
export function chunked(payload: Buffer, count: number, id = 'an id'): Buffer[] {
  const border = (i: number): number => Math.floor((i * payload.length) / count)
  return Array.from({ length: count }, (_, i) => chunk(id, i, count, payload.subarray(border(i), border(i + 1))))
}
