import { findRuntime } from '../package.ts'
import { runMocha } from './mocha.ts'
import { installNode } from './node-release.ts'
import type { Step } from './step.ts'

const histories = 500
const kills = 50
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
