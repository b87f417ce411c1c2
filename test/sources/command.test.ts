import assert from 'node:assert/strict'
import { systemClock } from '../../src/host/system-clock.ts'
import { CommandInput, type CommandInputOptions } from '../../src/sources/command.ts'

describe('the output of a command', () => {
  const stop = { controller: new AbortController() }
  const inputs: CommandInput[] = []

  beforeEach(() => {
    stop.controller = new AbortController()
  })

  afterEach(() => {
    for (const input of inputs.splice(0)) input.close()
  })

  async function shell(script: string, options: Partial<CommandInputOptions> = {}): Promise<CommandInput> {
    const input = await CommandInput.start({
      file: 'sh',
      args: ['-c', script],
      capture: 'stdout',
      clock: systemClock,
      signal: stop.controller.signal,
      stopSignal: () => 'SIGTERM',
      isInForeground: false,
      ...options,
    })
    inputs.push(input)
    return input
  }

  async function all(input: CommandInput, onText: (text: string) => void = () => {}): Promise<string> {
    let text = ''
    for await (const chunk of input.read()) {
      text += Buffer.from(chunk).toString()
      onText(text)
    }
    return text
  }

  it('is read to its end, and stands for the exit code', async () => {
    const input = await shell('echo one; echo two; exit 9')
    assert.equal(await all(input), 'one\ntwo\n')
    assert.equal(await input.exitCode(), 9)
  })

  it('may be stderr', async () => {
    assert.equal(await all(await shell('echo err >&2', { capture: 'stderr' })), 'err\n')
  })

  it('stands for 128 and the signal it died of', async () => {
    assert.equal(await (await shell('kill -KILL $$')).exitCode(), 137)
    assert.equal(await (await shell('kill -INT $$; sleep 5')).exitCode(), 130)
  })

  it('is read on after the signal was passed', async () => {
    const input = await shell('trap "echo int; exit 3" INT; echo ready; while :; do sleep 0.01; done', {
      stopSignal: () => 'SIGINT',
    })
    const text = await all(input, () => {
      stop.controller.abort()
    })
    assert.equal(text, 'ready\nint\n')
    assert.equal(await input.exitCode(), 3)
  })

  it('gets no second SIGINT soon after that of the terminal', async () => {
    const input = await shell('trap "echo int" INT; echo ready; sleep 0.3; echo done', {
      stopSignal: () => 'SIGINT',
      isInForeground: true,
    })
    assert.equal(
      await all(input, () => {
        stop.controller.abort()
      }),
      'ready\ndone\n',
    )
  })

  it('is killed when it does not hear the signal', async () => {
    const input = await shell('trap "" TERM; echo ready; exec sleep 60', { killAfterMs: 50 })
    await all(input, () => {
      stop.controller.abort()
    })
    assert.equal(await input.exitCode(), 137)
  })

  it('is not waited for when its heirs keep it open after a stop', async () => {
    const input = await shell('sleep 60 & echo $!; wait')
    const heir = Number(
      await all(input, () => {
        stop.controller.abort()
      }),
    )
    assert.equal(await input.exitCode(), 143)
    assert(process.kill(heir, 'SIGKILL'))
  })

  it('ends with SIGTERM when nobody wants it any more', async () => {
    const input = await shell('echo ready; exec sleep 60')
    await all(input, () => {
      input.close()
    })
    assert.equal(await input.exitCode(), 143)
  })

  it('cannot be had of a command which is not there or not executable', async () => {
    const start = (file: string): Promise<CommandInput> => shell('', { file })
    await assert.rejects(start('./nothere'), {
      code: 'COMMAND_NOT_STARTED',
      message: 'Failed to start command: there is no "./nothere".',
    })
    await assert.rejects(start('/'), { message: 'Failed to start command: "/" may not be executed.' })
  })
})
