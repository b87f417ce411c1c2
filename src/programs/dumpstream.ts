#!/usr/bin/env node
import { runCommand } from '../host/run-command.ts'
await runCommand({ definition: { name: 'dumpstream', summary: 'Z.', flags: [] }, async run(_v, host) {
  const { connectCommand } = await import('../wiring/commands/aws-connection.ts')
  const { KinesisSource } = await import('../sources/kinesis/source.ts')
  console.log(KinesisSource, connectCommand, host.argv)
  return 0 } })
