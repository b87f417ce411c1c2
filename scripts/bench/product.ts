import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { inputXml } from '../../test/fakes/splunkd/documents.ts'
import { buildApp } from '../build.ts'
import { runPiped, type PipedOptions, type PipedRun } from './piped.ts'

function launcherFlags(): readonly string[] {
  const launcher = readFileSync(new URL('../../app/bin/kinloader.sh', import.meta.url), 'utf8')
  return /exec "\$node" (.*?) "\$bin/.exec(launcher)?.[1]?.split(' ') ?? []
}

const onExit = fileURLToPath(new URL('on-exit.ts', import.meta.url))

/** The bundled input, in a folder of its own. */
export class Product {
  readonly folder: string
  readonly program: string
  /** How the launcher runs Node. */
  readonly flags = launcherFlags()

  private constructor(folder: string) {
    this.folder = folder
    this.program = path.join(folder, 'app/kinloader.js')
  }

  static async build(): Promise<Product> {
    const folder = mkdtempSync(path.join(tmpdir(), 'kinloader-bench-'))
    await buildApp(path.join(folder, 'app'))
    return new Product(folder)
  }

  /** Reads a stream of the endpoint from its beginning, with the settings given, until `onLine` says that it is enough. */
  run(
    endpoint: string,
    settings: Readonly<Record<string, string>>,
    options: Pick<PipedOptions, 'onLine' | 'isRead'>,
  ): Promise<PipedRun> {
    const checkpointDir = mkdtempSync(path.join(this.folder, 'state-'))
    return runPiped({
      args: [...this.flags, '--import', onExit, this.program],
      env: { AWS_ACCESS_KEY_ID: 'AKIABENCH', AWS_SECRET_ACCESS_KEY: 'bench' },
      input: inputXml({
        serverHost: 'bench',
        checkpointDir,
        stanzas: [
          {
            name: 'kinloader://bench',
            params: {
              stream: 'bench',
              region: 'us-east-1',
              endpoint,
              checkpoint_store: 'filesystem',
              initial_position: 'trim_horizon',
              metrics_interval: '1s',
              ...settings,
            },
          },
        ],
      }),
      ...options,
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The figure of that name in a line of the input's log. */
export function logged(line: string, name: string): number | undefined {
  const text = new RegExp(`\\b${name}=(\\d+)`).exec(line)?.[1]
  return text === undefined ? undefined : Number(text)
}
