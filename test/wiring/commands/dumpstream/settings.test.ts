import assert from 'node:assert/strict'
import { parseCommandLine } from '../../../../src/host/command-line.ts'
import { definition, type DumpSettings, readDumpSettings } from '../../../../src/wiring/commands/dumpstream/settings.ts'

const nowMs = Date.UTC(2026, 10, 20, 8)

function settings(args: readonly string[], environment: Readonly<Record<string, string>> = {}): DumpSettings {
  return readDumpSettings(parseCommandLine(definition, ['--stream-name', 'logs', ...args], environment), nowMs)
}

function refuses(args: readonly string[], message: RegExp, code = 'USAGE'): void {
  assert.throws(() => settings(args), { code, message })
}

describe('the flags of dumpstream', () => {
  it('have the defaults they have always had', () => {
    assert.deepEqual(settings([]), {
      aws: { stream: { name: 'logs', arn: undefined }, region: undefined, endpoint: undefined },
      checkpointFile: undefined,
      format: 'json',
      filename: undefined,
      maxCallsPerSecond: 3,
      initialPosition: { kind: 'latest' },
      untilNow: false,
      giveUpMs: 60_000,
    })
  })

  it('come from the environment too, misspelt as ever or right', () => {
    const environment = {
      CHECKPOINT_FILE: 'cp',
      DATA_FORMAT: 'raw',
      TARGET_FILENAME: 'out',
      'MAX-RATE': '7',
      DEFAULT_TO_HORIZION: 'true',
    }
    const { checkpointFile, format, filename, maxCallsPerSecond, initialPosition } = settings([], environment)
    assert.deepEqual([checkpointFile, format, filename, maxCallsPerSecond], ['cp', 'raw', 'out', 7])
    assert.deepEqual(initialPosition, { kind: 'trim_horizon' })
    assert.equal(settings([], { ...environment, MAX_RATE: '8' }).maxCallsPerSecond, 8)
    assert.equal(settings(['--max-rate=9'], { MAX_RATE: '8' }).maxCallsPerSecond, 9)
    assert.deepEqual(settings([], { DEFAULT_TO_HORIZON: '1' }).initialPosition, { kind: 'trim_horizon' })
    assert.deepEqual(settings([], { DEFAULT_TO_HORIZON: 'false' }).initialPosition, { kind: 'latest' })
  })

  it('take a rate above 0 only', () => {
    assert.equal(settings(['--max-rate', '0.5']).maxCallsPerSecond, 0.5)
    for (const rate of ['0', '-1', '0.0', 'x', '', 'Infinity', 'NaN', '3x', '1e9']) {
      refuses([`--max-rate=${rate}`], /^--max-rate must be a number above 0/)
    }
  })

  it('take a time with its zone, or a duration back, which has passed', () => {
    const position = (since: string): DumpSettings['initialPosition'] => settings(['--since', since]).initialPosition
    assert.deepEqual(position('2h'), { kind: 'time', timeMs: nowMs - 7_200_000 })
    assert.deepEqual(position('90'), { kind: 'time', timeMs: nowMs - 90_000 })
    assert.deepEqual(position('2026-11-20T09:30:00+02:00'), { kind: 'time', timeMs: nowMs - 1_800_000 })
    refuses(
      ['--since', 'yesterday'],
      /^--since must be a time with its zone such as .*, or a duration back such as 2h\.$/,
    )
    refuses(['--since', '2026-11-20T08:00:00'], /^--since must be a time with its zone/)
    refuses(['--since', '2026-11-20T08:00:01Z'], /^--since must be a time which has passed/)
    refuses(['--since', '2h', '--default-to-horizon'], /^--since and --default-to-horizon say two different things/)
  })

  it('know two formats', () => {
    refuses(['--data-format', 'JSON'], /^invalid data format "JSON": /, 'INVALID_FORMAT')
  })

  it('name two different files, and an empty name is none', () => {
    refuses(['--filename', 'a', '--checkpoint-file', './a'], /name the same file/)
    assert.equal(settings(['--filename', '', '--checkpoint-file', '']).filename, undefined)
  })
})
