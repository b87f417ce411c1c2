import { createReadStream, openSync } from 'node:fs'

// Plays splunkd: reads a pipe (the one named, else its standard input) only when told, to its end or up to a size.

/** What the parent may ask for, and what it gets back at the end of the input. */
export interface ReadAll {
  readonly text: string
}

const path = process.argv[2]
const fd = path === undefined ? 0 : openSync(path, 'r')
process.on('message', () => {
  const chunks: Buffer[] = []
  createReadStream('', { fd })
    .on('data', (chunk) => {
      chunks.push(Buffer.from(chunk))
    })
    .on('end', () => {
      process.send?.({ text: Buffer.concat(chunks).toString() } satisfies ReadAll, () => {
        process.exit()
      })
    })
})
process.send?.('ready')
