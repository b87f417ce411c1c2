import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/host/system-clock.ts'
import { type EngineOptions, KinesisEngine } from '../fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { bundledCommands } from './bundled-commands.ts'
import { commandEnvironment, type CommandEnd, CommandProcess } from './spawned-command.ts'

/** A Kinesis under the real time with a stream `logs`, and `dumpstream` as processes which read it. */
export class DumpWorld {
  readonly engine: KinesisEngine
  readonly folder = mkdtempSync(join(tmpdir(), 'kinloader-dump-'))
  readonly #door: HttpDoor
  readonly #path: string
  readonly #started: CommandProcess[] = []

  private constructor(engine: KinesisEngine, door: HttpDoor, path: string) {
    this.engine = engine
    this.#door = door
    this.#path = path
  }

  static async start(shards = 1, options: Partial<EngineOptions> = {}): Promise<DumpWorld> {
    const engine = new KinesisEngine({ clock: systemClock, ...options })
    engine.createStream('logs', { shards })
    const path = join(await bundledCommands(), 'dumpstream.js')
    return new DumpWorld(engine, await startKinesisServer(engine, { clock: systemClock }), path)
  }

  get env(): Readonly<Record<string, string>> {
    return {
      ...commandEnvironment(this.folder),
      AWS_ENDPOINT_URL_KINESIS: this.#door.endpoint,
      LOG_KINESIS_STREAM: 'logs',
    }
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  start(...args: string[]): CommandProcess {
    return this.#kept(CommandProcess.start(this.#path, args, { env: this.env, cwd: this.folder }))
  }

  run(...args: string[]): Promise<CommandEnd> {
    return this.start(...args).end
  }

  /** In the line `$program` is dumpstream. */
  shell(line: string): CommandProcess {
    return this.#kept(CommandProcess.shell(line, this.#path, { env: this.env, cwd: this.folder }))
  }

  put(...texts: string[]): void {
    for (const data of texts) this.engine.put('logs', { data, partitionKey: data.slice(0, 20) })
  }

  /** Resolves when it is so; rejects when the process ends before. For what nobody tells of. */
  async until(what: string, isSo: () => boolean, { end }: CommandProcess): Promise<void> {
    const over = new AbortController()
    let ended: CommandEnd | undefined
    void end.then((how) => {
      ended = how
      over.abort()
    })
    while (!isSo()) {
      if (ended !== undefined)
        throw new Error(`it ended with ${ended.code} before ${what}: ${ended.stderr.slice(-1000)}`)
      await systemClock.sleep(10, over.signal)
    }
  }

  /** Ends whatever runs. */
  async close(): Promise<void> {
    for (const { child } of this.#started) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    }
    await this.#door.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #kept(started: CommandProcess): CommandProcess {
    this.#started.push(started)
    return started
  }
}

/** The records' texts of a dump in json. */
export function dumpedTexts(lines: string | Buffer): string[] {
  return lines
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from((JSON.parse(line) as { data: string }).data, 'base64').toString())
}
