import { runProgram } from '../host/run.ts'
import { runModularInput } from '../splunk/modular-input.ts'
import { syslogScheme } from '../wiring/inputs/kinloader-syslog.ts'

/** The modular input "Syslog and GELF Listener". What listens is loaded only when it is needed. */
await runProgram((host) =>
  runModularInput(
    {
      scheme: syslogScheme,
      validate: async (definition, context) =>
        (await import('../wiring/syslog-validation.ts')).validateSyslog(definition, context),
      stream: async (definition, context) =>
        (await import('../wiring/syslog-input.ts')).streamSyslog(definition, context, host),
    },
    host,
  ),
)
