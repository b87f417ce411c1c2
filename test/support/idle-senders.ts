import { connect, type Socket } from 'node:net'

/** A program of its own, so that the senders' memory and files are not the listener's: `port count`. */
const [port, count] = process.argv.slice(2).map(Number)
const sockets: Socket[] = []

async function begin(): Promise<void> {
  const socket = connect({ port: port ?? 0, host: '127.0.0.1', allowHalfOpen: true })
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('begun ')
  sockets.push(socket)
}

process.once('message', () => {
  process.disconnect()
  for (const socket of sockets) socket.resume().end('done\n')
})

while (sockets.length < (count ?? 0)) await Promise.all(Array.from({ length: 100 }, begin))
