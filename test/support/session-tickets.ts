import { once } from 'node:events'
import { connect } from 'node:tls'

/** How many tickets a server sends to a client of TLS 1.3 which says one message and waits for the end. */
export async function sessionTickets(address: { readonly host: string; readonly port: number }): Promise<number> {
  const socket = connect({ ...address, minVersion: 'TLSv1.3', rejectUnauthorized: false })
  let count = 0
  socket.on('session', () => {
    count += 1
  })
  socket.end('<13>hello\n')
  socket.resume()
  await once(socket, 'close')
  return count
}
