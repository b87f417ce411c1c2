import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inputXml, type Parameters, type SplunkdFacts, validationXml } from '../../test/fakes/splunkd/documents.ts'
import type { SplunkEvent } from '../../test/fakes/splunkd/event-stream.ts'
import { askInput, type Outcome, runInput, type RunningInput } from '../../test/fakes/splunkd/input-process.ts'
import type { FakeSplunkd } from '../../test/fakes/splunkd/server.ts'
import { localKey } from './local-stream.ts'
import type { PackagedInput } from './packaged-input.ts'

const inputName = 'demo'

/** Treats a modular input as splunkd does: asks for its scheme, has its arguments validated, runs it. */
export class Splunkd {
  readonly #input: PackagedInput
  readonly #management: FakeSplunkd
  readonly #environment: NodeJS.ProcessEnv
  readonly #checkpointDir: string

  /** `home`: what $SPLUNK_HOME is to the input. `management`: the port which inputs may ask. */
  constructor(home: string, input: PackagedInput, management: FakeSplunkd) {
    this.#input = input
    this.#management = management
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
    const document = validationXml({ ...this.#facts(), name: inputName, params })
    const outcome = await this.#ask('--validate-arguments', document)
    if (outcome.code === 0) return undefined
    const message = /<message>([^<]*)<\/message>/.exec(outcome.stdout)?.[1]
    return message === undefined ? `exit ${outcome.code}: ${outcome.stderr.join(' ')}` : plain(message)
  }

  run(params: Parameters, onEvent: (event: SplunkEvent) => void): RunningInput {
    const stanzas = [{ name: `kinloader://${inputName}`, params }]
    return runInput({ ...this.#how(), inputXml: inputXml({ ...this.#facts(), stanzas }), onEvent })
  }

  #ask(mode: string, stdin?: string): Promise<Outcome> {
    return askInput({ ...this.#how(), args: [mode], ...(stdin !== undefined && { stdin }) })
  }

  /** The working folder of an input is not its app. */
  #how(): { readonly command: string; readonly env: NodeJS.ProcessEnv; readonly cwd: string } {
    return { command: this.#input.command, env: this.#environment, cwd: '/' }
  }

  #facts(): SplunkdFacts {
    const { serverUri, sessionKey } = this.#management
    return { serverHost: 'demo-splunk', serverUri, sessionKey, checkpointDir: this.#checkpointDir }
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

function plain(xmlText: string): string {
  return xmlText
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll(/&(?:quot|#34);/g, '"')
    .replaceAll(/&(?:apos|#39);/g, "'")
    .replaceAll('&amp;', '&')
}
