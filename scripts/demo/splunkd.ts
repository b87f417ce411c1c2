import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inputXml, type Parameters, validationXml } from '../../test/fakes/splunkd/documents.ts'
import type { SplunkEvent } from '../../test/fakes/splunkd/event-stream.ts'
import { askInput, type Outcome, runInput, type RunningInput } from '../../test/fakes/splunkd/input-process.ts'
import { localKey } from './local-stream.ts'
import type { PackagedInput } from './packaged-input.ts'

/** Treats a modular input as splunkd does: asks for its scheme, has its arguments validated, runs it. */
export class Splunkd {
  readonly #input: PackagedInput
  readonly #environment: NodeJS.ProcessEnv
  readonly #checkpointDir: string

  /** `home`: what $SPLUNK_HOME is to the input. */
  constructor(home: string, input: PackagedInput) {
    this.#input = input
    this.#environment = environmentOf(home)
    this.#checkpointDir = join(home, 'var/lib/splunk/modinputs/kinloader')
    mkdirSync(this.#checkpointDir, { recursive: true })
  }

  /** The scheme's title and its number of arguments. */
  async scheme(): Promise<{ readonly title: string; readonly argumentCount: number }> {
    const outcome = await this.#ask('--scheme')
    const title = /<title>([^<]*)<\/title>/.exec(outcome.stdout)?.[1]
    if (outcome.code !== 0 || title === undefined) {
      throw new Error(`The input gave no scheme, exit ${outcome.code}: ${outcome.stderr.join(' ')}`)
    }
    return { title, argumentCount: outcome.stdout.split('<arg ').length - 1 }
  }

  /** What is wrong with the arguments of a new input, in the input's own words; undefined when nothing is. */
  async validate(params: Parameters): Promise<string | undefined> {
    const document = validationXml({ checkpointDir: this.#checkpointDir, name: 'demo', params })
    const outcome = await this.#ask('--validate-arguments', document)
    if (outcome.code === 0) return undefined
    return /<message>([^<]*)<\/message>/.exec(outcome.stdout)?.[1] ?? `exit ${outcome.code}: ${outcome.stderr.join(' ')}`
  }

  run(params: Parameters, onEvent: (event: SplunkEvent) => void): RunningInput {
    const stanzas = [{ name: 'kinloader://demo', params }]
    return runInput({
      ...this.#how(),
      inputXml: inputXml({ checkpointDir: this.#checkpointDir, serverHost: 'demo-splunk', stanzas }),
      onEvent,
    })
  }

  #ask(mode: string, stdin?: string): Promise<Outcome> {
    const how = this.#how()
    return askInput({ ...how, args: [...how.args, mode], ...(stdin !== undefined && { stdin }) })
  }

  #how(): { command: string; args: readonly string[]; env: NodeJS.ProcessEnv; cwd: string } {
    return { command: this.#input.command, args: this.#input.args, env: this.#environment, cwd: '/' }
  }
}

/** Splunk's own libraries come first for all of its children, which the launchers have to undo. */
function environmentOf(home: string): NodeJS.ProcessEnv {
  return {
    PATH: [dirname(process.execPath), process.env['PATH']].join(':'),
    SPLUNK_HOME: home,
    SPLUNK_DB: join(home, 'var/lib/splunk'),
    LD_LIBRARY_PATH: join(home, 'lib'),
    AWS_ACCESS_KEY_ID: localKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localKey.secretAccessKey,
  }
}
