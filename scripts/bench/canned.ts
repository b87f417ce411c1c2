import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A canned Kinesis in a process of its own. */
export interface Canned {
  readonly endpoint: string
  readonly events: number
  readonly bytesIn: number
  close(): Promise<void>
}

const program = fileURLToPath(new URL('canned-kinesis.ts', import.meta.url))

export async function startCanned(options: Readonly<Record<string, string | number>>): Promise<Canned> {
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`)
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const facts = JSON.parse(line) as { endpoint: string; events: number; bytesIn: number }
  return {
    ...facts,
    async close() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
