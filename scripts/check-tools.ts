import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Tool {
  readonly name: string
  /** For the shell. */
  readonly command: string
}

export interface ToolOptions {
  /** How many at the same time. */
  readonly parallel: number
  readonly say: (text: string) => void
}

/**
 * Runs all to their ends, whatever becomes of the others, and resolves with whether all ended with 0. Each one's output
 * comes in one piece at its end, so that no two mix.
 */
export async function runTools(tools: readonly Tool[], { parallel, say }: ToolOptions): Promise<boolean> {
  const waiting = [...tools]
  let isGood = true
  const lane = async (): Promise<void> => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
      const { code, output } = await run(tool)
      if (code !== 0) isGood = false
      const verdict = code === 0 ? `ok    ${tool.name}` : `FAILS ${tool.name}: ${tool.command}`
      say(`${verdict}\n${output}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
  return isGood
}

async function run({ command }: Tool): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
