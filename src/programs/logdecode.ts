import { collectFrugally } from '../host/garbage-collection.ts'
import { runCommand } from '../host/run-command.ts'
import { logdecodeCommand } from '../wiring/commands/logdecode/command.ts'

/** Turns records which dumpstream has dumped back into the events that were logged. */
collectFrugally()
await runCommand(logdecodeCommand)
