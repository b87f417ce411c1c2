import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A proxy on loopback which tunnels every CONNECT to one place, whatever host was asked for. */
export interface HttpProxy {
  readonly url: string
  /** `kinesis.example:443` of each CONNECT, in order. */
  readonly tunnels: string[]
  /** Of the last CONNECT. */
  readonly headers: () => IncomingHttpHeaders
  close(): Promise<void>
}

export async function startHttpProxy(target: { readonly port: number }): Promise<HttpProxy> {
  const tunnels: string[] = []
  const sockets = new Set<Socket>()
  let headers: IncomingHttpHeaders = {}
  const server = createServer((_, response) => {
    response.writeHead(405).end()
  })
  server.on('connect', (request, near: Socket) => {
    tunnels.push(request.url ?? '')
    ;({ headers } = request)
    const far = connect(target.port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      near.pipe(far).pipe(near)
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    headers: () => headers,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
    },
  }
}
