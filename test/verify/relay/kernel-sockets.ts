import { readFileSync } from 'node:fs'

/** Ports of which somebody receives, TCP (`0A` is LISTEN) or UDP. */
export function boundPorts(protocol: 'tcp' | 'udp'): ReadonlySet<number> {
  const rows = rowsOf(protocol).filter(({ state }) => protocol === 'udp' || state === '0A')
  return new Set(rows.map(({ port }) => port))
}

/** Datagrams which the kernel threw away because the port's receive buffer was full. */
export function kernelDrops(port: number): number {
  return rowsOf('udp').reduce((sum, row) => sum + (row.port === port ? row.drops : 0), 0)
}

interface Row {
  readonly port: number
  readonly state: string
  /** UDP only. */
  readonly drops: number
}

/**
 * proc(5):
 *
 *      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 *       0: 0100007F:3039 00000000:0000 07 …                                                                         17
 */
function rowsOf(protocol: 'tcp' | 'udp'): readonly Row[] {
  return ['', '6'].flatMap((version) => {
    const lines = readFileSync(`/proc/net/${protocol}${version}`, 'latin1').trim().split('\n').slice(1)
    return lines.map((line) => {
      const fields = line.trim().split(/\s+/)
      const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)
      return { port, state: fields[3] ?? '', drops: Number(fields[12] ?? 0) }
    })
  })
}
