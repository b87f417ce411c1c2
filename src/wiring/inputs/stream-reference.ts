import { parsePattern } from './setting-values.ts'

/** How a user names a stream. */
export interface StreamReference {
  readonly name: string
  readonly arn: string | undefined
  /** Of the ARN. */
  readonly region: string | undefined
}

const streamName = '[a-zA-Z0-9_.-]{1,128}'
const streamArn = new RegExp(`^arn:aws[a-z0-9-]*:kinesis:([a-z0-9-]+):\\d{12}:stream/(${streamName})$`)

/** A name or an ARN. Throws a `RangeError` which completes "… must be". */
export function parseStream(text: string): StreamReference {
  const match = streamArn.exec(text)
  if (match !== null) return { name: match[2] ?? '', arn: text, region: match[1] }
  const name = parsePattern(text, new RegExp(`^${streamName}$`), 'the name or the ARN of a Kinesis data stream')
  return { name, arn: undefined, region: undefined }
}
