import { fileURLToPath } from 'node:url'

/** How splunkd would start the input. */
export interface PackagedInput {
  readonly command: string
  readonly args: readonly string[]
  /** For people. */
  readonly description: string
}

export function packagedInput(home: string): Promise<PackagedInput> {
  void home
  const program = fileURLToPath(new URL('../../src/programs/kinloader.ts', import.meta.url))
  return Promise.resolve({ command: process.execPath, args: ['--no-warnings', program], description: 'from source' })
}
