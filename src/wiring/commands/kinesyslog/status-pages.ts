import { MetricsServer } from '../../../host/metrics-server.ts'
import type { ListenSettings } from './listen-settings.ts'
import type { RelayMetrics } from './metrics.ts'
import { healthOf, readinessOf } from './relay-health.ts'
import type { RelayStatus } from './relay-status.ts'

/** `/metrics`, `/healthz` and `/readyz`, on each port which is asked for. */
export async function openStatusPages(
  { address, prometheusPorts }: ListenSettings,
  status: RelayStatus,
  metrics: RelayMetrics,
): Promise<readonly MetricsServer[]> {
  const servers: MetricsServer[] = []
  try {
    for (const port of prometheusPorts) {
      servers.push(
        await MetricsServer.open({
          address,
          port,
          name: 'kinesyslog',
          metrics: () => metrics.text(status),
          health: () => healthOf(status.state()),
          readiness: () => readinessOf(status.state()),
          onRequest: (path) => {
            metrics.requested(path)
          },
        }),
      )
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()))
    throw error
  }
  return servers
}
