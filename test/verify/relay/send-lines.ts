import { connect } from 'node:net'

/** Resolves when the other side has closed too. */
export function sendLines(
  { host = '127.0.0.1', ...to }: { readonly port: number; readonly host?: string; readonly localAddress?: string },
  lines: readonly string[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, ...to })
    socket.once('error', reject)
    socket.once('close', () => {
      resolve()
    })
    socket.resume()
    socket.end(lines.join(''))
  })
}
