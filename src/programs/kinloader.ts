import { runProgram } from '../host/run.ts'
import { runModularInput } from '../splunk/modular-input.ts'
import { kinloaderScheme } from '../wiring/inputs/kinloader.ts'

/** The modular input: reads a Kinesis stream into Splunk. All that speaks to AWS is loaded when it is needed. */
await runProgram((host) =>
  runModularInput(
    {
      scheme: kinloaderScheme,
      validate: async (...given) => (await import('../wiring/splunk-input.ts')).validateInput(...given),
      stream: async (...given) => (await import('../wiring/splunk-input.ts')).streamInput(...given),
    },
    host,
  ),
)
