import { readFile } from 'node:fs/promises'

/**
 * Datagrams which the kernel has thrown away since a socket was opened, because its receive buffer was full: the sum
 * over all UDP sockets of the port. Undefined where the system does not tell (anything but Linux).
 *
 *     sl  local_address rem_address  st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops
 *     0:  00000000:0202 00000000:0000 07 …                                                                     17
 */
export async function kernelDrops(port: number): Promise<number | undefined> {
  const tables = await Promise.all([table('/proc/net/udp'), table('/proc/net/udp6')])
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let drops: number | undefined
  for (const line of tables.flatMap((text) => text.split('\n'))) {
    const columns = line.trim().split(/\s+/)
    if (columns[1]?.endsWith(suffix) === true) drops = (drops ?? 0) + Number(columns.at(-1))
  }
  return drops
}

async function table(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch {
    // No such table, no IPv6: nothing is known.
    return ''
  }
}
