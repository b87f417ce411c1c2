import assert from 'node:assert/strict'
import { parseCommandLine } from '../../../../src/host/command-line.ts'
import {
  readSendSettings,
  sendDefinition,
  type SendSettings,
} from '../../../../src/wiring/commands/log2kinesis/flags.ts'

function settings(argv: readonly string[], environment: Record<string, string> = {}): SendSettings {
  const all = ['--stream-name=logs', '--source=s', ...argv]
  return readSendSettings(parseCommandLine(sendDefinition, all, environment), all)
}

describe('the flags of log2kinesis send', () => {
  it('have the defaults of the original', () => {
    const { metadata, capture, mode, maxLines, isProbed, giveUpMs, showsProgress, spoolFolder, command } = settings([])
    assert.equal(metadata.sourcetype, 'generic')
    assert.equal('index' in metadata, false)
    assert.deepEqual(
      { capture, mode, maxLines, isProbed, giveUpMs, showsProgress, spoolFolder, command },
      {
        capture: 'stdout',
        mode: 'newline',
        maxLines: 1000,
        isProbed: true,
        giveUpMs: 60_000,
        showsProgress: false,
        spoolFolder: undefined,
        command: [],
      },
    )
    assert.match(settings([]).timestamp?.(0) ?? '', /^(1970-01-01|1969-12-31)T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
  })

  it('look for a date in the default expression', () => {
    const { pattern } = settings(['--split-mode=regex'])
    const found = ['2026-11-20 x', '2026/11/20', ' 2026-11-20', '2026.11.20'].map((text) =>
      pattern?.test(Buffer.from(text)),
    )
    assert.deepEqual(found, [true, true, false, false])
    assert.equal(settings(['--split-mode=none', '--split-regex=(']).pattern, undefined)
  })

  it('take what is given', () => {
    const given = settings([
      '--timestamp=',
      '--capture=stderr',
      '--max-lines=0',
      '--spool=/x',
      '--no-probe',
      '--give-up-after=2h',
      '--progress',
    ])
    assert.equal(given.timestamp, undefined)
    assert.deepEqual(
      [given.capture, given.maxLines, given.spoolFolder, given.isProbed, given.giveUpMs, given.showsProgress],
      ['stderr', 0, '/x', false, 7_200_000, true],
    )
  })

  it('leave the hyphens of a command alone', () => {
    for (const [argv, command] of [
      [
        ['df', '--', '-H'],
        ['df', '-H'],
      ],
      [
        ['--', 'df', '-H'],
        ['df', '-H'],
      ],
      [
        ['df', '-H'],
        ['df', '-H'],
      ],
      [
        ['--', 'git', '--', '-x'],
        ['git', '--', '-x'],
      ],
      [
        ['git', '--', 'log', '--', 'x'],
        ['git', 'log', '--', 'x'],
      ],
      [
        ['ls', '/tmp', '--', '-l'],
        ['ls', '/tmp', '-l'],
      ],
      [
        ['git', 'log', '-p', '--', 'x'],
        ['git', 'log', '-p', '--', 'x'],
      ],
      [['df', '--'], ['df']],
    ] as const) {
      assert.deepEqual(settings(argv).command, command)
    }
  })

  for (const [flag, code, message] of [
    ['--capture=both', 'USAGE', /^--capture must be stdout or stderr\.$/],
    ['--max-lines=ten', 'USAGE', /^--max-lines must be a whole number/],
    ['--give-up-after=soon', 'USAGE', /^--give-up-after must be a duration/],
    ['--split-mode=NONE', 'BAD_SPLIT_MODE', /^Invalid setting for split-mode/],
  ] as const) {
    it(`refuse ${flag}`, () => {
      assert.throws(() => settings([flag]), { code, message })
    })
  }
})
