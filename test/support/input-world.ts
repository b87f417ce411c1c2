import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/host/system-clock.ts'
import { type EngineOptions, KinesisEngine } from '../fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { inputXml, type Parameters } from '../fakes/splunkd/documents.ts'
import { runInput, type RunInputOptions, type RunningInput } from '../fakes/splunkd/input-process.ts'
import { bundledInput, type InputCommand } from './bundled-input.ts'

export interface InputWorldOptions {
  /** Of the stream `logs`. Default 1. */
  readonly shards?: number
  /** Default: AWS's limits. */
  readonly engine?: Partial<EngineOptions>
  /** Parameters of every run. Default a filesystem store, TRIM_HORIZON, hold-back and checkpoints at 200 ms. */
  readonly params?: Parameters
  /** The management port. Default: nobody listens there. */
  readonly serverUri?: string
}

export interface WorldRunOptions extends Partial<Pick<RunInputOptions, 'onEvent' | 'paused'>> {
  /** Parameters of this run, on top of the world's. */
  readonly params?: Parameters
  /** On top of the world's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: the bundled input. */
  readonly command?: InputCommand
  /** Default: the world's. */
  readonly inputXml?: string
}

/** The key of the environment: it must never be seen in a log line. */
export const secretOfEnvironment = 'environment+secret/0123456789abcdefghij'
export const sessionKey = 'session^key^of^the^test'

/** A Kinesis under the real time with a stream `logs`, and the input `kinloader` as processes which read it. */
export class InputWorld {
  readonly engine: KinesisEngine
  readonly door: HttpDoor
  /** splunkd's checkpoint_dir. */
  readonly folder = mkdtempSync(join(tmpdir(), 'kinloader-input-'))
  readonly runs: RunningInput[] = []
  readonly #options: InputWorldOptions
  readonly #command: InputCommand

  private constructor(engine: KinesisEngine, door: HttpDoor, options: InputWorldOptions, command: InputCommand) {
    this.engine = engine
    this.door = door
    this.#options = options
    this.#command = command
  }

  static async start(options: InputWorldOptions = {}): Promise<InputWorld> {
    const engine = new KinesisEngine({ clock: systemClock, ...options.engine })
    engine.createStream('logs', { shards: options.shards ?? 1 })
    const command = await bundledInput()
    const door = await startKinesisServer(engine, { clock: systemClock })
    return new InputWorld(engine, door, options, command)
  }

  /** Starts the input as splunkd does. */
  run(options: WorldRunOptions = {}): RunningInput {
    const { command, args } = options.command ?? this.#command
    const input = runInput({
      command,
      args,
      // The folder has no AWS profile, so nothing of this machine's is found.
      env: {
        HOME: this.folder,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ACCESS_KEY_ID: 'TESTKEYIDENTIFIER1',
        AWS_SECRET_ACCESS_KEY: secretOfEnvironment,
        ...options.env,
      },
      cwd: this.folder,
      inputXml: options.inputXml ?? this.document(options.params),
      ...(options.onEvent && { onEvent: options.onEvent }),
      ...(options.paused !== undefined && { paused: options.paused }),
    })
    this.runs.push(input)
    return input
  }

  /** The input document. */
  document(params: Parameters = {}): string {
    return inputXml({
      ...(this.#options.serverUri !== undefined && { serverUri: this.#options.serverUri }),
      sessionKey,
      checkpointDir: this.folder,
      stanzas: [
        {
          name: 'kinloader://a',
          params: {
            stream: 'logs',
            region: 'us-east-1',
            endpoint: this.door.endpoint,
            initial_position: 'trim_horizon',
            checkpoint_store: 'filesystem',
            hold_back: '200ms',
            checkpoint_interval: '200ms',
            metrics_interval: '1s',
            ...this.#options.params,
            ...params,
          },
        },
      ],
    })
  }

  /** Resolves when the service was called that often, all runs counted. */
  called(operation: string, count = 1): Promise<void> {
    return this.until(`${count} calls of ${operation}`, () => this.engine.calls.count(operation) >= count)
  }

  /** Resolves when it is so; rejects after 15 s. For what nobody tells of. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const giveUpMs = performance.now() + 15_000
    while (!isSo()) {
      if (performance.now() > giveUpMs) {
        throw new Error(`no ${what} within 15 s; ${this.runs.at(-1)?.stderr.slice(-10).join('\n') ?? ''}`)
      }
      await systemClock.sleep(10)
    }
  }

  /** Ends whatever runs. */
  async close(): Promise<void> {
    for (const input of this.runs) {
      input.resume()
      await input.kill().catch(() => undefined)
      input.abandon()
    }
    await this.door.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
