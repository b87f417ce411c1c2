import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import { parseCidr } from '../../../sources/sockets/cidr-list.ts'
import { usableTls } from '../../../sources/sockets/tls-settings.ts'
import { sentence } from '../../sentence.ts'
import { readTlsSettings } from '../../tls-files.ts'
import type { ListenSettings } from './listen-settings.ts'

/**
 * Throws everything that is wrong with the settings, and with the files they name, as one error with the code of the
 * first: whoever has mended one thing should not have to start it again to hear of the next.
 */
export async function refuseFaults({ errors, tlsFiles, allow, proxyTrusted }: ListenSettings): Promise<void> {
  const faults = errors.map((message) => new KinloaderError('CONFIGURATION', message))
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await work()
    } catch (cause) {
      faults.push(new KinloaderError(errorCode(cause), sentence(errorText(cause)), { cause }))
    }
  }
  for (const text of [...allow, ...proxyTrusted]) await attempt(() => parseCidr(text))
  if (tlsFiles !== undefined) await attempt(async () => usableTls(await readTlsSettings(tlsFiles)))
  const [first] = faults
  if (first === undefined) return
  throw new KinloaderError(first.code, faults.map(({ message }) => message).join(' '), { cause: first.cause })
}
