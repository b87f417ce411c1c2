import { runCommand } from '../host/run-command.ts'
import { keepYoungGenerationSmall } from '../host/young-generation.ts'
import { logdecodeCommand } from '../wiring/commands/logdecode/command.ts'

/** Turns records which dumpstream has dumped back into the events that were logged. */
keepYoungGenerationSmall()
await runCommand(logdecodeCommand)
