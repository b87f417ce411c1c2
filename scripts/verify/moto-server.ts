import path from 'node:path'
import { runChild } from './child.ts'
import { installPythonTool, type PythonTool } from './python-tool.ts'
import type { Outcome, StepContext } from './step.ts'

const tool: PythonTool = {
  name: 'moto',
  requirements: ['moto[server]==5.2.5'],
  probe: ['moto_server', '--help'],
}

const startTimeoutMs = 60_000
const useTimeoutMs = 300_000

/** Resolves with the folder of its programs. */
export function installMoto(context: StepContext): Promise<string> {
  return installPythonTool(tool, context)
}

/** Runs a server on a port of its own choice for as long as `use` takes, at most five minutes. */
export async function withMoto(
  bin: string,
  { say, signal }: StepContext,
  use: (endpoint: string) => Promise<Outcome>,
): Promise<Outcome> {
  const stop = new AbortController()
  let ended: Promise<unknown> = Promise.resolve()
  try {
    const endpoint = await new Promise<string>((resolve, reject) => {
      const running = runChild({
        command: path.join(bin, 'moto_server'),
        args: ['-H', '127.0.0.1', '-p', '0'],
        signal: AbortSignal.any([signal, stop.signal]),
        timeoutMs: startTimeoutMs + useTimeoutMs,
        onLine: (line) => {
          const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
          if (url !== undefined) resolve(url)
        },
      })
      setTimeout(reject, startTimeoutMs, new Error('moto_server does not listen')).unref()
      ended = running.then(({ how, lines }) => {
        reject(new Error(`moto_server ended by itself (${how}): ${lines.at(-1) ?? ''}`))
      })
    })
    say(`moto_server listens at ${endpoint}`)
    return await use(endpoint)
  } finally {
    stop.abort()
    await ended
  }
}
