import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeImdsOptions {
  /** Default eu-central-1. */
  readonly region?: string
  /** The identity document; default one with the region. */
  readonly document?: string
  /** Never answers. */
  readonly isSilent?: boolean
}

export interface FakeImds {
  readonly endpoint: string
  /** `PUT /latest/api/token`, in the order of arrival. */
  readonly requests: readonly string[]
  /** Twice is fine. */
  close(): Promise<void>
}

/** The metadata service of an EC2 instance which allows IMDSv2 only. */
export async function startFakeImds(options: FakeImdsOptions = {}): Promise<FakeImds> {
  const { region = 'eu-central-1', isSilent = false } = options
  const { document = JSON.stringify({ accountId: '123456789012', region, version: '2017-09-30' }) } = options
  const token = 'AQAAAfaketoken=='
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    if (isSilent) return
    const { headers } = request
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      const ttl = Number(headers['x-aws-ec2-metadata-token-ttl-seconds'])
      const isTtl = ttl >= 1 && ttl <= 21_600
      // A request which has passed a proxy is refused, as the service does.
      if (headers['x-forwarded-for'] !== undefined) response.writeHead(403).end()
      else response.writeHead(isTtl ? 200 : 400).end(isTtl ? token : '')
      return
    }
    if (headers['x-aws-ec2-metadata-token'] !== token) response.writeHead(401).end()
    else if (request.url === '/latest/dynamic/instance-identity/document') response.writeHead(200).end(document)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // a TCP server has no other kind
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      if (!server.listening) return
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
    },
  }
}
