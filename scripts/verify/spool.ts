import { runMocha } from './mocha.ts'
import { skip, type Step } from './step.ts'

const timeoutMs = 120_000

/** Disks which are really full. Only root may mount them. */
export const spoolStep: Step = {
  name: 'spool of the relay on a full disk',
  async run(context) {
    if (process.getuid?.() !== 0) return skip('not root')
    return runMocha({ files: ['test/verify/spool*.verify.ts'], timeoutMs }, context)
  },
}
