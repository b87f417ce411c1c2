import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import type { ProgramHost } from '../../../host/run.ts'
import type { SocketSource } from '../../../sources/sockets/source.ts'
import { sentence } from '../../sentence.ts'
import { readTlsSettings } from '../../tls-files.ts'
import type { ListenSettings } from './listen-settings.ts'

/**
 * Binds the listeners. Those which cannot be had are told, all at once; they end the program when it is strict or none
 * is left. From then on SIGHUP reads the certificates again.
 */
export async function listen(
  source: SocketSource,
  settings: ListenSettings,
  { logger, onHangup, onExit }: Pick<ProgramHost, 'logger' | 'onHangup' | 'onExit'>,
): Promise<void> {
  const failures = await source.open()
  const [first] = failures
  if (first !== undefined && (settings.isStrict || failures.length === settings.listeners.length)) {
    await source.close(AbortSignal.abort())
    throw new KinloaderError(first.code, failures.map(({ message }) => sentence(message)).join(' '))
  }
  for (const { message, code } of failures) {
    logger.error('listen', { error: message, code, effect: 'the other listeners serve' })
  }
  onExit(() => {
    source.reset()
  })
  onHangup(() => {
    void reload(source, settings, logger)
  })
}

async function reload(source: SocketSource, { tlsFiles }: ListenSettings, logger: Logger): Promise<void> {
  if (tlsFiles === undefined) {
    logger.info('reload', { effect: 'none: there is no TLS listener' })
    return
  }
  try {
    source.reloadTls(await readTlsSettings(tlsFiles))
    logger.info('reload', { effect: 'new connections get the certificates as they are now' })
  } catch (error) {
    logger.error('reload', {
      error: errorText(error),
      code: errorCode(error),
      effect: 'the old certificates stay in use',
    })
  }
}
