import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { KinloaderError } from '../core/errors.ts'
import { surroundings } from '../host/surroundings.ts'
import { connectAsCli } from './aws-connection.ts'
import { parseStream, type StreamReference } from './inputs/stream-reference.ts'

/** How the library's users name a stream and the way to it. */
export interface StreamAccess {
  /** Name or ARN. */
  readonly stream: string
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly client?: KinesisClient | undefined
}

/** A stream, and a client to reach it with. */
export interface StreamConnection {
  readonly stream: StreamReference
  readonly client: KinesisClient
  /** Ends the client's connections, unless the client was given to us. Twice is fine. */
  readonly letGo: () => void
}

/** Rejects with `BAD_SETTING` or `NO_REGION`; sends nothing. */
export async function connectStream({ stream, region, endpoint, client }: StreamAccess): Promise<StreamConnection> {
  const reference = streamOf(stream)
  if (client !== undefined) return { stream: reference, client, letGo: () => {} }
  const { environment } = surroundings()
  const made = await connectAsCli({ region: region ?? reference.region, endpoint }, environment)
  return {
    stream: reference,
    client: made,
    letGo: () => {
      made.destroy()
    },
  }
}

function streamOf(text: string): StreamReference {
  try {
    return parseStream(text)
  } catch (error) {
    if (error instanceof RangeError) throw new KinloaderError('BAD_SETTING', `stream must be ${error.message}.`)
    throw error
  }
}
