import { collectFrugally } from '../host/garbage-collection.ts'
import { runCommand } from '../host/run-command.ts'
import { dumpstreamCommand } from '../wiring/commands/dumpstream/command.ts'

/** Prints the records of a Kinesis stream as they were put. */
collectFrugally()
await runCommand(dumpstreamCommand)
