import assert from 'node:assert/strict'
import { type CommandDefinition, helpOf, parseCommandLine } from '../../src/host/command-line.ts'

const definition: CommandDefinition = {
  name: 'mover send',
  summary: 'Moves things.',
  flags: [
    { name: 'stream-name', value: 'NAME', environment: ['STREAM'], required: true, description: 'where to' },
    { name: 'target', short: 'f', value: 'FILE', description: 'what to write' },
    { name: 'max-rate', value: 'N', environment: ['MAX_RATE', 'MAX-RATE'], default: '3', description: 'how fast' },
    { name: 'loud', environment: ['LOUD'], description: 'say more' },
    { name: 'no-echo', description: 'do not come back' },
  ],
  notes: ['A note.'],
}

const repeated: CommandDefinition = {
  name: 'mover listen',
  summary: 'Listens.',
  flags: [
    { name: 'port', value: 'PORT', environment: ['PORTS'], default: '6514', repeatable: true, description: 'where' },
    { name: 'old', value: 'X', hidden: true, description: 'an old name' },
  ],
}

function parse(
  argv: readonly string[],
  environment: Record<string, string> = {},
  operands?: string,
): Record<string, unknown> {
  const { flags, operands: rest } = parseCommandLine(
    { ...definition, ...(operands !== undefined && { operands }) },
    argv,
    environment,
  )
  return { ...Object.fromEntries(flags), rest }
}

describe('the command line of a command', () => {
  it('takes --x=v, --x v and -x v, in any order', () => {
    assert.deepEqual(parse(['--target=a=b', '--stream-name', 's']), {
      'stream-name': 's',
      target: 'a=b',
      'max-rate': '3',
      rest: [],
    })
    assert.equal(parse(['--stream-name=s', '-f', 'x'])['target'], 'x')
  })

  it('prefers the flag to the variable, and the variable to the default', () => {
    assert.equal(parse(['--stream-name=s', '--max-rate=5'], { MAX_RATE: '7' })['max-rate'], '5')
    assert.equal(parse(['--stream-name=s'], { MAX_RATE: '7', 'MAX-RATE': '8' })['max-rate'], '7')
    assert.equal(parse(['--stream-name=s'], { MAX_RATE: '', 'MAX-RATE': '8' })['max-rate'], '8')
    assert.equal(parse(['--stream-name=s'])['max-rate'], '3')
  })

  it('collects what may be given several times, from one place', () => {
    const listed = (argv: readonly string[], environment: Record<string, string> = {}): unknown => {
      const { lists, given, flags } = parseCommandLine(repeated, argv, environment)
      assert.equal(flags.has('port'), false)
      return [lists.get('port'), given.has('port')]
    }
    assert.deepEqual(listed(['--port=1', '--port', '2'], { PORTS: '3' }), [['1', '2'], true])
    assert.deepEqual(listed([], { PORTS: ' 3\t4\n5 ' }), [['3', '4', '5'], true])
    assert.deepEqual(listed([]), [['6514'], false])
    assert.deepEqual(listed(['--port=6514']), [['6514'], true])
  })

  it('takes a hidden flag, and does not show it', () => {
    assert.equal(parseCommandLine(repeated, ['--old=y'], {}).flags.get('old'), 'y')
    assert.doesNotMatch(helpOf(repeated), /--old/)
    assert.match(helpOf(repeated), /--port <PORT>\s+where \(repeatable; default 6514; environment PORTS\)/)
  })

  it('takes required flags from the environment, and an empty variable for none', () => {
    assert.equal(parse([], { STREAM: 's' })['stream-name'], 's')
    assert.throws(() => parse([], { STREAM: '' }), {
      code: 'USAGE',
      message: '--stream-name is missing: give it, or set STREAM.',
    })
  })

  it('switches a switch by flag or variable', () => {
    assert.equal(parse(['--stream-name=s', '--loud'])['loud'], 'true')
    assert.equal(parse(['--stream-name=s'], { LOUD: 'True' })['loud'], 'true')
    assert.equal(parse(['--stream-name=s'], { LOUD: '0' })['loud'], undefined)
    assert.throws(() => parse(['--stream-name=s'], { LOUD: 'maybe' }), { code: 'USAGE' })
  })

  it('switches a switch by a value, too, as Go programs do, whatever the variable says', () => {
    for (const on of ['true', 'TRUE', '1', 't'])
      assert.equal(parse(['--stream-name=s', `--loud=${on}`])['loud'], 'true')
    assert.equal(parse(['--loud=false', '--stream-name=s'], { LOUD: '1' })['loud'], undefined)
    assert.equal(parse(['--loud=false', '--stream-name=s', '--loud'])['loud'], 'true')
    assert.throws(() => parse(['--stream-name=s', '--loud=maybe']), {
      code: 'USAGE',
      message: '--loud must be true or false.',
    })
    // What belongs to another flag, or to a command, is left alone.
    assert.equal(parse(['--stream-name', '--loud=false', '--loud'])['stream-name'], '--loud=false')
    const operands = '[CMD [ARGS...]]'
    assert.deepEqual(parse(['--stream-name=s', 'df', '--loud=no'], {}, operands)['rest'], ['df', '--loud=no'])
    assert.deepEqual(parse(['--stream-name=s', '--', '--loud=no'], {}, operands)['rest'], ['--loud=no'])
  })

  it('takes no equals sign for a part of the value', () => {
    for (const argv of [['-f=x=y'], ['-fx=y'], ['-f', 'x=y'], ['--target=x=y']]) {
      assert.equal(parse(['--stream-name=s', ...argv])['target'], 'x=y')
    }
  })

  it('takes a switch whose name begins with "no" for what it is', () => {
    assert.equal(parse(['--stream-name=s'])['no-echo'], undefined)
    assert.equal(parse(['--stream-name=s', '--no-echo'])['no-echo'], 'true')
  })

  for (const [what, argv, message] of [
    ['an unknown flag', ['--strem-name=s'], /^Unknown option '--strem-name=s'\..*stream-name|^Unknown option/],
    ['a flag without its value', ['--stream-name'], /argument missing/],
    ['an operand nobody asked for', ['--stream-name=s', 'more'], /There is no use for "more"; remove it\./],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parse(argv), { code: 'USAGE', message })
    })
  }

  it('takes nothing for a flag behind the first operand, nor behind two hyphens', () => {
    const operands = '[CMD [ARGS...]]'
    assert.deepEqual(parse(['--stream-name=s', 'df', '-H', '--loud'], {}, operands)['rest'], ['df', '-H', '--loud'])
    assert.deepEqual(parse(['--stream-name=s', '--', 'df', '-H'], {}, operands)['rest'], ['df', '-H'])
    assert.equal(parse(['--stream-name=s', 'df', '--loud'], {}, operands)['loud'], undefined)
  })

  it('shows each flag with its default and variables in the help', () => {
    const help = helpOf(definition)
    assert.throws(() => parse(['--help']), { code: 'HELP', message: help })
    const words = help.replaceAll(/\s+/g, ' ')
    assert.match(words, /Usage: mover send \[options\] Moves things\./)
    assert.match(words, /--stream-name <NAME> where to \(required; environment STREAM\)/)
    assert.match(words, /-f, --target <FILE> what to write/)
    assert.match(words, /--max-rate <N> how fast \(default 3; environment MAX_RATE or MAX-RATE\)/)
    assert.match(help, /\nA note\.\n$/)
  })
})
