import { runProgram } from '../host/run.ts'
import { runModularInput } from '../splunk/modular-input.ts'
import { kinloaderScheme } from '../wiring/inputs/kinloader.ts'

/** The modular input "Kinesis Log Processor". AWS code is loaded only when it is needed: splunkd asks for the scheme at every start. */
await runProgram((host) =>
  runModularInput(
    {
      scheme: kinloaderScheme,
      validate: async (definition, context) =>
        (await import('../wiring/input-validation.ts')).validateInput(definition, context),
      stream: async (definition, context) =>
        (await import('../wiring/splunk-input.ts')).streamInput(definition, context),
    },
    host,
  ),
)
