import { fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'

// The least a process can do to keep the lines which senders send it: read, split at LF, gzip level 1, append to a file,
// sync every 500 ms. No parsing, limits or faults; nothing is kept before it is compressed. `node relay.ts <file>
// [certificate key]`; until SIGTERM, then the result is on standard error.
const [file = '', certificate, key] = process.argv.slice(2)
const output = openSync(file, 'w')
const memberBytes = 1024 * 1024
const settings = { level: 1, windowBits: 14, memLevel: 9, chunkSize: memberBytes }
let [messages, waitingBytes, waiting] = [0, 0, [] as Buffer[]]

function append(): void {
  if (waitingBytes === 0) return
  writeSync(output, gzipSync(Buffer.concat(waiting, waitingBytes), settings))
  waiting = []
  waitingBytes = 0
}
function sync(): void {
  append()
  fdatasyncSync(output)
}
function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    let end = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, end)) {
      messages++
      end = at + 1
    }
    if (end > 0) {
      waiting.push(rest, chunk.subarray(0, end))
      waitingBytes += rest.length + end
    }
    rest = end > 0 ? chunk.subarray(end) : Buffer.concat([rest, chunk])
    if (waitingBytes >= memberBytes) append()
  })
  socket.on('end', () => {
    sync()
    socket.end()
  })
}
const options = { allowHalfOpen: true, highWaterMark: 65_536 }
const pair = { cert: certificate && readFileSync(certificate), key: key && readFileSync(key) }
const server = key ? createTlsServer({ ...options, ...pair }, serve) : createServer(options, serve)
server.once('listening', () => {
  console.error(`at=listening port=${(server.address() as AddressInfo).port}`)
})
server.listen(0, '127.0.0.1')
setInterval(sync, 500)
const before = process.cpuUsage()
process.on('SIGTERM', () => {
  sync()
  const { user, system } = process.cpuUsage(before)
  const peakRssMiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024
  console.error(JSON.stringify({ messages, cpuSeconds: (user + system) / 1e6, peakRssMiB }))
  process.exit()
})
