import { findRuntime } from '../package.ts'
import { runMocha } from './mocha.ts'
import { installNode } from './node-release.ts'
import type { Step } from './step.ts'

const histories = 500
const kills = 50
const relayKills = 200
const mutations = 1_000_000
const connections = 10_000
/** The older of the two releases which `engines` allows. */
const olderNode = '22.23.3'

const minuteMs = 60_000

/** Random histories on the virtual clock. */
export const historiesStep: Step = {
  name: `${histories} random histories`,
  run: (context) =>
    runMocha(
      {
        files: ['test/simulation/**/*.test.ts'],
        env: { KINLOADER_HISTORIES: String(histories) },
        timeoutMs: 5 * minuteMs,
      },
      context,
    ),
}

/** The input's tests under the Node.js that is packaged, or else the one which runs this. */
export const killsStep: Step = {
  name: `the bundled input, killed ${kills} times a store`,
  async run(context) {
    const { binary, version } = packagedNode()
    context.say(`the input runs under Node.js ${version}`)
    const env = { KINLOADER_KILLS: String(kills), KINLOADER_NODE: binary }
    const files = ['test/programs/kinloader/**/*.test.ts']
    const outcome = await runMocha({ files, env, timeoutMs: 10 * minuteMs }, context)
    return { ...outcome, text: `${outcome.text}, Node.js ${version}` }
  },
}

/** Under the Node.js which runs this, as the relay is not packaged with one. */
export const relayKillsStep: Step = {
  name: `the relay, killed ${relayKills} times`,
  run: (context) =>
    runMocha(
      {
        files: ['test/programs/kinesyslog/kill.test.ts'],
        env: { KINLOADER_RELAY_KILLS: String(relayKills) },
        timeoutMs: 10 * minuteMs,
      },
      context,
    ),
}

/** Of syslog and GELF on connections, of GELF datagrams and of PROXY headers, so many each. */
export const mutationsStep: Step = {
  name: `${mutations} damages for each framer`,
  run: (context) =>
    runMocha(
      {
        files: ['test/codecs/**/mutations.test.ts'],
        env: { KINLOADER_MUTATIONS: String(mutations) },
        timeoutMs: 15 * minuteMs,
        jobs: 2,
      },
      context,
    ),
}

export const connectionsStep: Step = {
  name: `${connections} idle connections`,
  run: (context) =>
    runMocha(
      {
        files: ['test/sources/sockets/many.test.ts'],
        env: { KINLOADER_CONNECTIONS: String(connections) },
        timeoutMs: 2 * minuteMs,
      },
      context,
    ),
}

/** All program tests. */
export const olderNodeStep: Step = {
  name: `input and commands under Node.js ${olderNode}`,
  async run(context) {
    const binary = await installNode(olderNode, context)
    return runMocha(
      { files: ['test/programs/**/*.test.ts'], env: { KINLOADER_NODE: binary }, timeoutMs: 5 * minuteMs },
      context,
    )
  },
}

function packagedNode(): { readonly binary: string; readonly version: string } {
  const isPackaged = process.platform === 'linux' && process.arch === 'x64'
  return isPackaged ? findRuntime() : { binary: process.execPath, version: process.versions.node }
}
