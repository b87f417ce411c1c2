// The SDK makes a global variable when it is loaded: before the tests, which look for such.
import '@aws-sdk/client-kinesis'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeLogRecord } from '../../src/codecs/log-record.ts'
import type { LogEvent } from '../../src/core/event.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { log2kinesisCheck } from '../../src/wiring/commands/log2kinesis/check.ts'
import { log2kinesisSend } from '../../src/wiring/commands/log2kinesis/send.ts'
import { type EngineOptions, KinesisEngine } from '../fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { type CommandOutcome, runHere } from './command-host.ts'
import { CommandProcess, type CommandProcessOptions } from './command-process.ts'

/** A Kinesis with a stream `logs` of one shard and without limits, and log2kinesis which sends to it. */
export class Log2KinesisWorld {
  readonly engine: KinesisEngine
  readonly #door: HttpDoor
  readonly #folder = mkdtempSync(join(tmpdir(), 'kinloader-log2kinesis-'))
  readonly #processes: CommandProcess[] = []

  private constructor(engine: KinesisEngine, door: HttpDoor) {
    this.engine = engine
    this.#door = door
  }

  static async start(options: Partial<EngineOptions> = {}): Promise<Log2KinesisWorld> {
    const engine = new KinesisEngine({ clock: systemClock, limits: 'none', ...options })
    engine.createStream('logs')
    return new Log2KinesisWorld(engine, await startKinesisServer(engine, { clock: systemClock }))
  }

  get folder(): string {
    return this.#folder
  }

  /** Runs inside of this process. */
  here(
    args: readonly string[],
    options: { stdin?: string | Uint8Array; env?: Readonly<Record<string, string>> } = {},
  ): Promise<CommandOutcome> {
    const [word, ...rest] = args
    const command = word === 'check' ? log2kinesisCheck : log2kinesisSend
    // With the old name of the secret no credentials of this process are asked for.
    const environment = {
      AWS_ACCESS_KEY_ID: 'TESTKEYIDENTIFIER1',
      AWS_SECRET_KEY_ID: 'environment+secret/0123456789abcdefghij',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_KINESIS: this.#door.endpoint,
      ...options.env,
    }
    return runHere(command, rest, { environment, ...(options.stdin !== undefined && { stdin: options.stdin }) })
  }

  /** `send` to the stream `logs` as source `test`, without time stamps, inside of this process. */
  sendHere(args: readonly string[], stdin: string | Uint8Array): Promise<CommandOutcome> {
    return this.here(['send', ...plain, ...args], { stdin })
  }

  run(args: readonly string[], options: CommandProcessOptions = {}): CommandProcess {
    const command = new CommandProcess('log2kinesis', args, {
      cwd: this.#folder,
      ...options,
      // The folder has no AWS profile, so nothing of this machine's is found.
      env: {
        HOME: this.#folder,
        TZ: 'UTC',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ACCESS_KEY_ID: 'TESTKEYIDENTIFIER1',
        AWS_SECRET_ACCESS_KEY: 'environment+secret/0123456789abcdefghij',
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL_KINESIS: this.#door.endpoint,
        ...options.env,
      },
    })
    this.#processes.push(command)
    return command
  }

  /** The same as a process. */
  send(args: readonly string[], options: CommandProcessOptions = {}): CommandProcess {
    return this.run(['send', ...plain, ...args], options)
  }

  /** All events in the stream; their order is kept, as there is one shard. */
  events(): readonly LogEvent[] {
    const { shards } = this.engine.stream('logs')
    return shards.flatMap((shard) => shard.records.flatMap(({ data }) => decodeLogRecord(data).items))
  }

  /** Their messages, joined. */
  bytes(): Buffer {
    return Buffer.concat(this.events().map(({ message }) => Buffer.from(message)))
  }

  messages(isMeant: (event: LogEvent) => boolean = () => true): string[] {
    return this.events()
      .filter(isMeant)
      .map(({ message }) => Buffer.from(message).toString())
  }

  /** Resolves when it is so; rejects after 15 s. For what nobody tells of. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const giveUpMs = performance.now() + 15_000
    while (!isSo()) {
      if (performance.now() > giveUpMs) throw new Error(`no ${what}; ${this.#processes.at(-1)?.stderr ?? ''}`)
      await systemClock.sleep(10)
    }
  }

  async close(): Promise<void> {
    for (const command of this.#processes) command.kill()
    this.engine.faults.clear()
    await this.#door.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const plain = ['--stream-name=logs', '--source=test', '--timestamp='] as const
