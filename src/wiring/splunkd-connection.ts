import { join } from 'node:path'
import { SplunkdClient, type SplunkdClientOptions } from '../clients/splunkd.ts'
import type { SplunkdSurroundings } from '../splunk/input-definition.ts'

/** The splunkd which started us, trusted by the authorities Splunk itself ships. */
export function connectSplunkd(
  definition: SplunkdSurroundings,
  environment: Readonly<Record<string, string | undefined>>,
  options: Pick<SplunkdClientOptions, 'timeoutMs'> = {},
): SplunkdClient {
  const home = environment['SPLUNK_HOME']
  return new SplunkdClient({
    ...options,
    serverUri: definition.serverUri,
    sessionKey: definition.sessionKey,
    ...(home !== undefined && { caFile: join(home, 'etc', 'auth', 'cacert.pem') }),
  })
}
