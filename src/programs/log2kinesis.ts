#!/usr/bin/env node
import { runCommands } from '../host/run-command.ts'
import { log2kinesisCheck } from '../wiring/commands/log2kinesis/check.ts'
import { log2kinesisSend } from '../wiring/commands/log2kinesis/send.ts'

/** Sends text to a Kinesis stream as log events: stdin, or the output of a command. */
await runCommands('log2kinesis', [log2kinesisSend, log2kinesisCheck])
