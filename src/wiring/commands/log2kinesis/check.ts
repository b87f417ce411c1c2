import type { CommandDefinition, CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { awsFlags, readAwsFlags } from '../aws-flags.ts'

const definition: CommandDefinition = {
  name: 'log2kinesis check',
  summary: 'Puts a record without events into a Kinesis data stream, and says whether that went well.',
  flags: awsFlags,
  notes: ['Readers pass over the record. The exit code is 0 when the stream took it, and 100 otherwise.'],
}

export const log2kinesisCheck: RunnableCommand = { definition, run: check }

async function check(values: CommandValues, host: ProgramHost): Promise<number> {
  const aws = readAwsFlags(values)
  const { connectAsCli } = await import('../../aws-connection.ts')
  const { openLogSender } = await import('../../log-sender.ts')
  const client = await connectAsCli(aws, host.environment)
  const region = await client.config.region()
  const { logger, clock } = host
  const sender = await openLogSender({ stream: aws.stream.arn ?? aws.stream.name, client, logger, clock })
  await sender.close()
  host.stdout.write(`The stream "${aws.stream.name}" in ${region} took a record without events.\n`)
  return exitCodes.done
}
