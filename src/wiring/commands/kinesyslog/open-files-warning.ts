/** Listeners, pages, the spool, AWS and what Node opens itself. */
const othersCount = 200

/**
 * Connections for which there are no file descriptors are closed by the kernel's or Node's hand, and no counter sees
 * them; so it is told before. Undefined when all is well, or the limit is not known.
 */
export function openFilesWarning(maxConnections: number, limit: number | undefined): string | undefined {
  if (limit === undefined || limit >= maxConnections + othersCount) return undefined
  return (
    `${maxConnections} connections need ${maxConnections + othersCount} open files and only ${limit} are allowed: ` +
    'raise LimitNOFILE of the service (ulimit -n elsewhere), or lower --max-connections.'
  )
}
