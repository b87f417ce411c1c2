import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { parseCommandLine } from '../../../../src/host/command-line.ts'
import { systemClock } from '../../../../src/host/system-clock.ts'
import { listenDefinition } from '../../../../src/wiring/commands/kinesyslog/listen-flags.ts'
import { readListenSettings } from '../../../../src/wiring/commands/kinesyslog/listen-settings.ts'
import { runRelay } from '../../../../src/wiring/commands/kinesyslog/relay.ts'
import { RecordingLogger } from '../../../support/recording-logger.ts'

describe('a relay which looks for its region', () => {
  it('ends in order when it is told to, and is not ended by a hang-up', async () => {
    const silent = createServer()
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const settings = readListenSettings(
      parseCommandLine(listenDefinition, ['--stream', 'logs', '--tcp-port', '514', '--profile', 'nobody'], {}),
    )
    const stop = new AbortController()
    let hangups = 0
    const running = runRelay(settings, {
      environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}` },
      logger: new RecordingLogger(),
      clock: systemClock,
      signal: stop.signal,
      launch: [process.execPath, ''],
      onHangup: () => {
        hangups += 1
      },
      onExit: () => {},
    })
    const [asking] = (await once(silent, 'connection')) as [Socket]
    stop.abort()
    try {
      await running
      assert.equal(hangups, 1)
    } finally {
      asking.destroy()
      silent.close()
    }
  })
})
