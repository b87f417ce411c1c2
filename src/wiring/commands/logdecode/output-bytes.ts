/** Output that is being put together: room is made as it is needed, and the whole is taken away in one piece. */
export class OutputBytes {
  bytes = Buffer.allocUnsafeSlow(initialBytes)
  length = 0

  /** Makes room for so many bytes more. */
  reserve(bytes: number): void {
    const needed = this.length + bytes
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  append(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length)
  }

  /** What there is; valid until something is added after `clear`. */
  taken(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  /** One huge event must not hold its memory for the rest of the run. */
  clear(): void {
    this.length = 0
    if (this.bytes.length > maxKeptBytes) this.bytes = Buffer.allocUnsafeSlow(initialBytes)
  }
}

const initialBytes = 320 * 1024
const maxKeptBytes = 4 * 1024 * 1024
