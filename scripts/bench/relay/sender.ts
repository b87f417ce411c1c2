import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Measure } from '../measure.ts'

// Sends the lines of a file over so many connections, again and again, and waits for the receiver's orderly end, or for
// its close: `node sender.ts <port> <file> <tcp|tls> <connections> <times>`. The result is on standard error.
const [port = '', file = '', transport = 'tcp', connections = '1', times = '1'] = process.argv.slice(2)
const lines = readFileSync(file)
const sliceBytes = 256 * 1024
const slices: Buffer[] = []
for (let at = 0; at < lines.length; at += sliceBytes) slices.push(lines.subarray(at, at + sliceBytes))

async function open(): Promise<Socket> {
  const address = { port: Number(port), host: '127.0.0.1' }
  const socket = transport === 'tcp' ? connect(address) : connectTls({ ...address, rejectUnauthorized: false })
  await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect')
  return socket
}

async function send(socket: Socket, count: number): Promise<void> {
  const ended = once(socket.resume(), 'close')
  for (let time = 0; time < count; time += 1) {
    for (const slice of slices) if (!socket.write(slice)) await once(socket, 'drain')
  }
  socket.end()
  await ended
}

const sockets = await Promise.all(Array.from({ length: Number(connections) }, open))
const measure = new Measure()
await Promise.all(sockets.map((socket) => send(socket, Number(times) / sockets.length)))
measure.print({ bytes: lines.length * Number(times) })
