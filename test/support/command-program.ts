import { once } from 'node:events'
import { KinloaderError } from '../../src/core/errors.ts'
import { usageError } from '../../src/host/command-line.ts'
import { exitCodes, type RunnableCommand, runCommand, runCommands } from '../../src/host/run-command.ts'

/** A command for the tests of host/run-command: `--how` says how it behaves. With MOVER_ALONE set it is the only one. */
const work: RunnableCommand = {
  definition: {
    name: process.env['MOVER_ALONE'] === undefined ? 'mover work' : 'mover',
    summary: 'Works.',
    flags: [{ name: 'how', value: 'WAY', default: 'well', description: 'how it behaves' }],
  },
  async run({ flags }, { stdout, terminal, logger, signal }) {
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve()
      })
    })
    switch (flags.get('how')) {
      case 'well':
        stdout.write('done\n')
        return exitCodes.done
      case 'partly':
        return exitCodes.partly
      case 'wrongly':
        throw usageError('--how must be another.')
      case 'failing':
        logger.warn('odd', { part: 'one two' })
        throw new KinloaderError('STREAM_MISSING', 'There is no stream "orders";\n  create it.')
      case 'showing':
        terminal.show('half way')
        throw new Error('The disk is full.')
      case 'crashing':
        setImmediate(() => {
          throw new TypeError('x is not\na function')
        })
        await aborted
        return exitCodes.done
      case 'flooding':
        while (!signal.aborted) {
          if (!stdout.write('z'.repeat(1000))) await Promise.race([once(stdout, 'drain'), aborted])
        }
        return exitCodes.done
      case 'telling':
        stdout.write('ready\n')
        await aborted
        throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
      case 'stopping':
        stdout.write('ready\n')
        await aborted
        terminal.write('flushed\n')
        return exitCodes.done
      case 'hanging':
        stdout.write('ready\n')
        await aborted
        stdout.write('aborted\n')
        await new Promise(() => {})
        return exitCodes.done
      case undefined:
      default:
        throw usageError('--how must be a way.')
    }
  },
}

const rest: RunnableCommand = {
  definition: { name: 'mover rest', summary: 'Rests.', flags: [] },
  run: () => Promise.resolve(exitCodes.done),
}

// What a terminal would be, on a pipe the test reads.
if (process.env['MOVER_TERMINAL'] !== undefined) Object.defineProperty(process.stderr, 'isTTY', { value: true })

if (process.env['MOVER_ALONE'] === undefined) await runCommands('mover', [work, rest])
else await runCommand(work, { stopTimeoutMs: 300 })
