import { writeSync } from 'node:fs'
import { runProgram } from '../../src/host/run.ts'

/** A program for the tests of host/: its first argument says how it behaves. */
await runProgram(
  async ({ argv, stdout, logger, signal, ...host }) => {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve()
      })
    })
    switch (argv[0]) {
      case 'write':
        stdout.write('x'.repeat(1_000_000))
        for (let i = 0; i < 100; i++) logger.info('line', { i, filling: 'y'.repeat(1000) })
        return 3
      case 'wait':
        stdout.write(`ready ${process.pid}\n`)
        await aborted
        logger.info('aborted')
        return 0
      case 'block':
        stdout.write('x'.repeat(10_000_000))
        logger.info('written')
        await aborted
        return 0
      case 'hang':
        stdout.write('ready\n')
        await new Promise(() => {})
        return 0
      case 'flood':
        for (;;) {
          const isFull = !stdout.write('z'.repeat(1000))
          if (signal.aborted) return 0
          if (isFull) {
            await Promise.race([
              aborted,
              new Promise((resolve) => {
                stdout.once('drain', resolve)
              }),
            ])
          }
        }
      case 'farewell':
        host.onExit(() => {
          writeSync(1, 'farewell\n')
        })
        stdout.write('ready\n')
        if (argv[1] === 'crash') throw new Error('thrown')
        await new Promise(() => {})
        return 0
      case 'reject':
        throw new Error('first line\nsecond line')
      case 'crash':
        setImmediate(() => {
          throw new Error('thrown by nobody')
        })
        await aborted
        return 0
      case 'forget':
        void Promise.reject(new Error('awaited by nobody'))
        await aborted
        return 0
      case 'warn':
        process.emitWarning('odd')
        await new Promise((resolve) => {
          setTimeout(resolve, 20)
        })
        return 0
      case undefined:
      default:
        return 9
    }
  },
  { stopTimeoutMs: 400, parentCheckMs: 50 },
)
