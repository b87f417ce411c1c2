import type { AddressInfo } from 'node:net'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'

interface DynaliteOptions {
  /** How long a new table is not active yet, in milliseconds. Default 0. */
  readonly createTableMs?: number
}

/** A DynamoDB in this process, on a port of its own, which forgets everything when it is closed. */
export interface Dynalite {
  readonly endpoint: string
  close(): Promise<void>
}

export async function startDynalite({ createTableMs = 0 }: DynaliteOptions = {}): Promise<Dynalite> {
  const server = dynalite({ createTableMs, deleteTableMs: 0, updateTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** A client for a stand-in: any credentials do, and nothing is tried twice. */
export function dynamoDbClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
}
