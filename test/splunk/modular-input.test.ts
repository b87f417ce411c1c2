import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { KinloaderError } from '../../src/core/errors.ts'
import type { LogFields, Logger } from '../../src/core/logger.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { type ModularInput, type ModularInputHost, runModularInput } from '../../src/splunk/modular-input.ts'
import { schemeXml } from '../../src/splunk/scheme.ts'
import { readSdkFixture } from '../support/splunk-sdk.ts'

interface Run {
  readonly code: number
  readonly stdout: string
  readonly log: readonly string[]
}

const idle: ModularInput = {
  scheme: { name: 'abcd', title: 'ABCD', arguments: [{ name: 'a' }] },
  validate: async () => {},
  stream: async () => {},
}

async function run(
  argv: string[],
  stdin: string | undefined,
  changes: Partial<ModularInput & ModularInputHost> = {},
): Promise<Run> {
  const log: string[] = []
  const note = (level: string) => (at: string, fields?: LogFields) => {
    log.push(`${level} ${at} ${JSON.stringify(fields)}`)
  }
  const logger: Logger = { debug: note('DEBUG'), info: note('INFO'), warn: note('WARN'), error: note('ERROR') }
  const pipe = new PassThrough()
  if (stdin !== undefined) pipe.end(stdin)
  const stdout = new PassThrough()
  const host: ModularInputHost = {
    argv,
    stdin: pipe,
    stdout,
    logger,
    clock: systemClock,
    signal: new AbortController().signal,
    environment: {},
    failureDelayMs: 1,
    ...changes,
  }
  const code = await runModularInput({ ...idle, ...changes }, host)
  return { code, stdout: String(stdout.read() ?? ''), log }
}

describe('the protocol of a modular input', () => {
  it('shows the scheme without reading anything', async () => {
    assert.deepEqual(await run(['--scheme'], undefined), { code: 0, stdout: schemeXml(idle.scheme), log: [] })
  })

  it('answers any other argument with one ERROR line', async () => {
    for (const argv of [['--help'], ['--scheme', 'x'], ['']]) {
      const { code, stdout, log } = await run(argv, undefined)
      assert.deepEqual([code, stdout, log.length], [1, '', 1])
      assert.match(log[0] ?? '', /^ERROR/)
    }
  })

  it('is silent about valid settings', async () => {
    const names: string[] = []
    const result = await run(['--validate-arguments'], readSdkFixture('validation'), {
      validate: async (definition) => {
        names.push(definition.name)
      },
    })
    assert.deepEqual(result, { code: 0, stdout: '', log: [] })
    assert.deepEqual(names, ['aaa'])
  })

  it("tells invalid settings as Splunk's SDK does", async () => {
    const result = await run(['--validate-arguments'], readSdkFixture('validation'), {
      validate: () => Promise.reject(new KinloaderError('BAD_SETTING', 'Big fat validation error!')),
    })
    assert.deepEqual(result, { code: 1, stdout: `${readSdkFixture('validation_error')}\n`, log: [] })
  })

  it('escapes the message and keeps it on one line', async () => {
    const { stdout } = await run(['--validate-arguments'], readSdkFixture('validation'), {
      validate: () => Promise.reject(new Error('a <b> &\nc')),
    })
    assert.equal(stdout, '<error><message>a &lt;b&gt; &amp; c</message></error>\n')
  })

  it('tells a broken validation document as an error of the settings', async () => {
    const { code, stdout } = await run(['--validate-arguments'], '<items>')
    assert.equal(code, 1)
    assert.match(stdout, /^<error><message>Splunk closed its pipe/)
  })

  it('gives a validator that does not answer its time and no more', async () => {
    let told = false
    const { code, stdout } = await run(['--validate-arguments'], readSdkFixture('validation'), {
      validationTimeoutMs: 30,
      validate: (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            told = true
          })
        }),
    })
    assert.equal(code, 1)
    assert.match(stdout, /did not end within 0.03 s/)
    assert.ok(told)
  })

  it('counts the wait for the document as part of the validation', async () => {
    const { code, stdout } = await run(['--validate-arguments'], undefined, { validationTimeoutMs: 30 })
    assert.equal(code, 1)
    assert.match(stdout, /did not end within/)
  })

  it('runs an input with what Splunk handed over', async () => {
    const seen: unknown[] = []
    const document = '<input><configuration><stanza name="abcd://x"/></configuration></input>'
    const result = await run([], document, {
      stream: async ({ stanzas }) => {
        seen.push(stanzas[0]?.name)
      },
    })
    assert.deepEqual([result, seen], [{ code: 0, stdout: '', log: [] }, ['abcd://x']])
  })

  it('ends at once when no input is enabled', async () => {
    const stream = (): Promise<void> => Promise.reject(new Error('called'))
    assert.deepEqual(await run([], readSdkFixture('conf_with_0_inputs'), { stream }), { code: 0, stdout: '', log: [] })
  })

  it('refuses several inputs in a process for one, and takes them in a process for all', async () => {
    assert.equal((await run([], readSdkFixture('conf_with_2_inputs'))).code, 1)
    const scheme = { ...idle.scheme, singleInstance: true }
    assert.equal((await run([], readSdkFixture('conf_with_2_inputs'), { scheme })).code, 0)
  })

  it('tells a failure in one line and ends with 1', async () => {
    const document = '<input><configuration><stanza name="abcd://x"/></configuration></input>'
    const { code, log } = await run([], document, { stream: () => Promise.reject(new Error('first\n  second')) })
    assert.equal(code, 1)
    assert.deepEqual(log, ['ERROR stream {"error":"first second","code":"Error"}'])
    assert.equal((await run([], '<input>')).code, 1)
  })

  it('is quiet about a failure when it was told to stop or Splunk has gone', async () => {
    const document = '<input><configuration><stanza name="abcd://x"/></configuration></input>'
    const stop = new AbortController()
    const stopped = await run([], document, {
      signal: stop.signal,
      stream: () => {
        stop.abort()
        return Promise.reject(new Error('stopped'))
      },
    })
    assert.deepEqual(stopped, { code: 0, stdout: '', log: [] })
    const broken = await run([], document, {
      stream: (_, { stdout }) => {
        stdout.on('error', () => {})
        stdout.destroy(new Error('EPIPE'))
        return Promise.reject(new Error('EPIPE'))
      },
    })
    assert.deepEqual([broken.code, broken.log], [0, []])
  })
})
