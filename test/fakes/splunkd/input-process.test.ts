import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseStringPromise } from 'xml2js'
import { inputXml, validationXml } from './documents.ts'
import { askInput, runInput, type RunInputOptions, type RunningInput } from './input-process.ts'

const checkpointDir = '/opt/splunk/var/lib/splunk/modinputs/kinloader'
const started: RunningInput[] = []
const start = (options: RunInputOptions): RunningInput => {
  const input = runInput(options)
  started.push(input)
  return input
}
const document = inputXml({ checkpointDir, stanzas: [{ name: 'kinloader://a', params: {} }] })

/** Runs a few lines of JavaScript as the modular input. */
function script(code: string, more: Partial<RunInputOptions> = {}): RunInputOptions {
  return { command: process.execPath, args: ['-e', code], inputXml: document, ...more }
}

const event = `'<event><data>' + 'x'.repeat(1000) + '</data></event>\\n'`

describe('a modular input run as splunkd does', () => {
  afterEach(async () => {
    for (const input of started.splice(0)) await input.kill().catch(() => undefined)
  })

  it('gets the document, and its events and log lines are seen as they come', async () => {
    const input = start(
      script(`
        let text = ''
        process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
          console.error('INFO read ' + text.length)
          process.once('SIGTERM', () => process.stdout.end('<event><data>2</data></event></stream>', () => process.exit(0)))
          process.stdout.write('<stream><event><data>1</data></event>')
          setInterval(() => {}, 1000)
        })`),
    )
    await input.received(1)
    assert.equal(await input.logged(/read/), `INFO read ${document.length}`)
    assert.deepEqual(await input.terminate(), { code: 0, signal: null, forced: false })
    await input.drained
    assert.deepEqual(
      input.events.map(({ data }) => data),
      ['1', '2'],
    )
    assert.equal(input.streamClosed, true)
    assert.equal(input.pid > 0, true)
  })

  it('blocks at one pipe while paused, and loses nothing', async () => {
    const input = start(
      script(
        `const { writeSync } = require('node:fs')
        const line = ${event}
        let written = writeSync(1, '<stream>')
        // Standard output of a child is a pipe, and writing to it blocks.
        for (let i = 0; i < 500; i += 1) { written += writeSync(1, line); console.error('written ' + written) }
        writeSync(1, '</stream>')`,
        { paused: true },
      ),
    )
    // A pipe is 16 pages, and a page takes only whole writes of this size.
    await input.logged(/written 4\d{4}$/)
    await sleep(200)
    assert.equal(input.bytesRead, 0)
    const written = Number(input.stderr.at(-1)?.replace('written ', ''))
    assert.ok(written <= 65_536, `${written} bytes fit into the pipe`)
    input.resume()
    await input.drained
    assert.equal(input.eventCount, 500)
    assert.deepEqual(await input.exit, { code: 0, signal: null, forced: false })
  })

  it('stops at once when it is paused on the way', async () => {
    const input = start(
      script(`const { writeSync } = require('node:fs')
        writeSync(1, '<stream>')
        for (;;) writeSync(1, ${event})`),
    )
    await input.received(100)
    input.pause()
    const { bytesRead } = input
    await sleep(100)
    assert.equal(input.bytesRead, bytesRead)
    input.resume()
    await input.received(input.eventCount + 100)
    assert.deepEqual(await input.kill(), { code: null, signal: 'SIGKILL', forced: false })
    await input.drained
  })

  it('kills what does not end within the grace period', async () => {
    const input = start(script(`process.on('SIGTERM', () => {}); console.error('up'); setInterval(() => {}, 1000)`))
    await input.logged(/^up$/)
    assert.deepEqual(await input.terminate(100), { code: null, signal: 'SIGKILL', forced: true })
  })

  it('breaks the pipe when it abandons the input', async () => {
    const input = start(
      script(`process.stdout.on('error', (error) => { console.error('ERROR ' + error.code); process.exit(3) })
        process.stdout.write('<stream>')
        setInterval(() => process.stdout.write(${event}), 5)`),
    )
    await input.received(1)
    input.abandon()
    assert.equal((await input.exit).code, 3)
    assert.equal(await input.logged(/EPIPE/), 'ERROR EPIPE')
    await input.drained
  })

  it('tells of a malformed stream, and of an end before the events', async () => {
    const malformed = start(script(`process.stdout.write('<stream><event><data>&</data></event></stream>')`))
    await assert.rejects(malformed.drained, /malformed/)
    const open = start(script(`process.stdout.write('<stream><event><data>1</data></event>')`))
    await assert.rejects(open.received(2), /ended without 2 events; 1 events/)
    await assert.rejects(open.drained, /without <\/stream>/)
    const absent = start({ ...script(''), command: '/nonexistent/kinloader' })
    await assert.rejects(absent.exit, { code: 'ENOENT' })
  })

  it('keeps up with 100,000 events a second', async () => {
    let bytes = 0
    const input = start(
      script(
        `const line = '<event><time>1700000000.123</time><host>h</host><source>s</source><sourcetype>t</sourcetype><data>' + 'x'.repeat(120) + '</data></event>\\n'
        const { writeSync } = require('node:fs')
        const block = Buffer.from(line.repeat(300))
        const all = (bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at) }
        all(Buffer.from('<stream>'))
        for (let i = 0; i < 500; i += 1) all(block)
        all(Buffer.from('</stream>'))`,
        { onEvent: (one) => (bytes += one.data?.length ?? 0) },
      ),
    )
    await input.drained
    assert.equal(input.eventCount, 150_000)
    assert.equal(bytes, 150_000 * 120)
    assert.deepEqual(input.events, [])
  })

  it('asks for the scheme and for a verdict', async () => {
    const code = `let text = ''
      process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
        process.stdout.write(process.argv.slice(1).join() + ':' + text); console.error('WARN one\\nWARN two'); process.exitCode = 1 })`
    const outcome = await askInput({ command: process.execPath, args: ['-e', code, '--', '--scheme'], stdin: 'in' })
    assert.deepEqual(outcome, { code: 1, signal: null, stdout: '--scheme:in', stderr: ['WARN one', 'WARN two'] })
    const hanging = await askInput({
      command: process.execPath,
      args: ['-e', 'setInterval(() => {}, 1000)'],
      timeoutMs: 200,
    })
    assert.equal(hanging.signal, 'SIGKILL')
  })
})

describe('the documents of splunkd', () => {
  it('carry parameters, lists, and what splunkd adds to every stanza', async () => {
    const text = inputXml({
      checkpointDir,
      sessionKey: 'k&<>"',
      stanzas: [{ name: 'kinloader://a', params: { stream: 'a & b', list: ['1', '2'], interval: '5', empty: '' } }],
    })
    const { input } = (await parseStringPromise(text)) as { input: Record<string, unknown[]> }
    assert.deepEqual(input['session_key'], ['k&<>"'])
    assert.deepEqual(input['checkpoint_dir'], [checkpointDir])
    assert.deepEqual(input['server_uri'], ['https://127.0.0.1:8089'])
    const stanza = (input['configuration'] as [{ stanza: [Record<string, unknown>] }])[0].stanza[0]
    assert.deepEqual(stanza['$'], { name: 'kinloader://a', app: 'kinloader' })
    const params = (stanza['param'] as { _?: string; $: { name: string } }[]).map(({ _, $ }) => [$.name, _])
    assert.deepEqual(params, [
      ['disabled', '0'],
      ['host', '$decideOnStartup'],
      ['index', 'default'],
      ['interval', '5'],
      ['start_by_shell', 'false'],
      ['stream', 'a & b'],
      ['empty', undefined],
    ])
    assert.deepEqual(stanza['param_list'], [{ $: { name: 'list' }, value: ['1', '2'] }])
    assert.match(inputXml({ checkpointDir, stanzas: [] }), /<configuration\/>/)
  })

  it('name a bare item to validate', async () => {
    const text = validationXml({ checkpointDir, name: 'a', params: { stream: 'app' } })
    const { items } = (await parseStringPromise(text)) as { items: { item: unknown[] } }
    assert.deepEqual(items.item, [{ $: { name: 'a' }, param: [{ _: 'app', $: { name: 'stream' } }] }])
  })
})
