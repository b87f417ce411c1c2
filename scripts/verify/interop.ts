import { runMocha } from './mocha.ts'
import { installPython } from './python-tool.ts'
import type { Step } from './step.ts'

const timeoutMs = 120_000

/** The log record against a codec of its own in Python, which needs nothing but Python's standard library. */
export const interopStep: Step = {
  name: 'interop of the log record with a decoder in Python',
  async run(context) {
    await installPython(context)
    return runMocha({ files: ['test/verify/interop.verify.ts'], timeoutMs }, context)
  },
}
