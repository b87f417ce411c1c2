import assert from 'node:assert/strict'
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, linkSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Ended, ended, line, logdecode, logdecodePath, record } from './logdecode-run.ts'

describe('logdecode and what is wrong', () => {
  let folder = ''

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-logdecode-'))
  })

  const children = new Set<ChildProcess>()

  function start(stdin: 'pipe' | number, stdout: 'pipe' | number): ChildProcess {
    const child = spawn(process.execPath, [logdecodePath], { stdio: [stdin, stdout, 'pipe'] })
    children.add(child)
    return child
  }

  function startPiped(): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [logdecodePath])
    children.add(child)
    return child
  }

  afterEach(() => {
    for (const child of children) {
      for (const pipe of child.stdio) pipe?.destroy()
      child.kill('SIGKILL')
    }
    children.clear()
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const good = line(record(['good']), '1')
  const damaged = line(record(['before', 'lost'], { source: 's' }).subarray(0, -5), '2')
  const noGzip = line(Buffer.from('plain'), '3')
  const all = `${good}${damaged}nonsense\n\n${noGzip}${line(record(['end']), '4')}`

  it('a record: the rest goes on, and the exit code tells', async () => {
    const { code, stdout, stderr } = await logdecode([], all)
    assert.equal(code, 1)
    assert.equal(stdout, 'good\nbefore\nlost\nend\n')
    const told = stderr.split('\n')
    assert.match(told[0] ?? '', /^logdecode: Failed to decode log record: .* \(record 2, sequence number 2\)$/)
    assert.match(told[1] ?? '', /^logdecode: Failed to decode record: .* \(record 3\)$/)
    assert.match(told[2] ?? '', /^logdecode: Failed to create log record decoder: .* \(record 4, sequence number 3\)$/)
    assert.deepEqual(told.slice(3), ['logdecode: 3 of 5 records could not be decoded.', ''])
  })

  it('a record: kept as it came, so that it can be fed again', async () => {
    const errors = path.join(folder, 'errors')
    writeFileSync(errors, 'of an earlier run')
    const { code } = await logdecode(['--errors', errors], all)
    assert.equal(code, 1)
    assert.equal(readFileSync(errors, 'utf8'), `${damaged}nonsense\n${noGzip}`)
    await logdecode(['--errors', errors], good)
    assert.equal(readFileSync(errors, 'utf8'), '')

    const raw = Buffer.concat([record(['a']), record(['b']).subarray(0, -5)])
    assert.equal((await logdecode(['--errors', errors], raw)).code, 1)
    const again = await logdecode([], readFileSync(errors))
    assert.deepEqual([again.code, again.stdout], [1, 'b\n'])
  })

  it('a record: the end of the run when that is asked for', async () => {
    const { code, stdout, stderr } = await logdecode(['--strict'], all)
    assert.equal(code, 100)
    assert.equal(stdout, 'good\nbefore\nlost\n')
    assert.match(stderr, /^logdecode: Failed to decode log record: .* \(record 2, sequence number 2\)\n$/)
  })

  it('a line longer than any record: passed by, with bounded memory, and kept', async () => {
    const errors = path.join(folder, 'long')
    const long = Buffer.alloc(40 * 1024 * 1024, 'x')
    const input = Buffer.concat([Buffer.from(good), long, Buffer.from('\n'), Buffer.from(good)])
    const { code, stdout, stderr } = await logdecode(['--errors', errors], input)
    assert.deepEqual([code, stdout], [1, 'good\ngood\n'])
    assert.match(stderr, /^logdecode: Failed to decode record: the line is longer than .* \(record 2\)\n/)
    assert.ok(readFileSync(errors).equals(Buffer.concat([long, Buffer.from('\n')])))
  })

  it('the end of the input: a line or a gzip which is cut is never a success', async () => {
    assert.equal((await logdecode([], good.trimEnd())).code, 0)
    assert.equal((await logdecode([], good.slice(0, -20))).code, 1)
    assert.equal((await logdecode([], record(['x']).subarray(0, -1))).code, 1)
    assert.deepEqual(await logdecode([], ''), { code: 0, stdout: '', stderr: '' })
  })

  it('the input itself: binary, or a directory', async () => {
    const { code, stderr } = await logdecode([], Buffer.from([0, 1, 2, 3, 255, 10]))
    assert.equal(code, 100)
    assert.equal(stderr, "logdecode: Failed to decode record: the input is neither dumpstream's JSON lines nor gzip.\n")
    const descriptor = openSync(folder, 'r')
    const child = start(descriptor, 'pipe')
    closeSync(descriptor)
    const end = await ended(child)
    assert.deepEqual([end.code, end.stderr], [100, 'logdecode: Failed to read the input: stdin is a directory.\n'])
  })

  it('the flags', async () => {
    assert.deepEqual(await logdecode(['--format', 'xml'], ''), {
      code: 100,
      stdout: '',
      stderr: 'logdecode: Invalid value for --format: give raw or json.\n',
    })
    for (const args of [['--nonsense'], ['operand'], ['-f', '%host%/../x']]) {
      const { code, stderr } = await logdecode(args, '')
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, /^logdecode: .*\.\nUsage: logdecode \[options\]\n/, args.join(' '))
    }
  })

  it('where it shall write', async () => {
    const refused = async (args: string[], message: RegExp): Promise<void> => {
      const { code, stderr } = await logdecode(args, good)
      assert.equal(code, 100, args.join(' '))
      assert.match(stderr, message)
      assert.equal(stderr.split('\n').length, 2, stderr)
    }
    await refused(['-f', folder], /^logdecode: Failed to write entry: .* cannot be written: it is a directory\.\n$/)
    await refused(
      ['-f', '/dev/null/x'],
      /^logdecode: Failed to write entry: .* a part of its path is no directory\.\n$/,
    )
    await refused(['--errors', folder], /^logdecode: Failed to write \S+: it is a folder \(EISDIR\)\.\n$/)
    if (!existsSync('/dev/full')) return
    const lines = await logdecode(['--errors', '/dev/full'], 'nonsense\n')
    assert.deepEqual(
      [lines.code, lines.stderr],
      [100, 'logdecode: Failed to write /dev/full: the disk is full (ENOSPC).\n'],
    )
    await refused(['-f', '/dev/full'], /^logdecode: Failed to write entry: .* the disk is full\.\n$/)
    const full = openSync('/dev/full', 'w')
    const child = start('pipe', full)
    closeSync(full)
    child.stdin?.end(good)
    const { code, stderr } = await ended(child)
    assert.deepEqual([code, stderr.split('\n').length], [100, 2], stderr)
    assert.match(stderr, /^logdecode: Failed to write entry: the disk is full \(ENOSPC\)\.\n$/)
  })

  it('where the shell shall write: a file which takes a part only is no success', async () => {
    const out = path.join(folder, 'limited')
    const child = spawn('bash', ['-c', 'ulimit -f 1; exec "$0" "$1" >"$2"', process.execPath, logdecodePath, out])
    children.add(child)
    child.stdin.end(line(record(['x'.repeat(1500)])))
    const { code, stderr } = await ended(child)
    const why = 'the file has reached the largest size allowed (EFBIG)'
    assert.deepEqual([code, stderr], [100, `logdecode: Failed to write entry: ${why}.\n`])
  })

  it('a reader which has gone: a quiet end', async () => {
    const child = startPiped()
    child.stdin.on('error', () => {})
    const many = line(record(Array.from({ length: 1000 }, (_, number) => `event ${number}`)))
    const feed = (): void => {
      while (child.stdin.writable && child.stdin.write(many));
    }
    child.stdin.on('drain', feed)
    feed()
    const stderr: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [code] = (await once(child, 'exit')) as [number]
    child.stdin.destroy()
    assert.deepEqual([code, Buffer.concat(stderr).toString()], [0, ''])
  })

  it('a disk which takes a part of the last write: told', async () => {
    if (process.platform === 'win32') return
    const input = path.join(folder, 'one-large')
    writeFileSync(input, line(record(['x'.repeat(300_000)])))
    // The limit is in units of 512 or 1,024 bytes, and does what a full disk does: a part is written.
    const script = 'trap "" XFSZ; ulimit -f 200; exec "$0" "$1" <"$2" >"$2.out"'
    const child = spawn('sh', ['-c', script, process.execPath, logdecodePath, input])
    children.add(child)
    const { code, stderr } = await ended(child)
    assert.equal(code, 100)
    assert.match(stderr, /^logdecode: Failed to write entry: EFBIG: .*\n$/)
  })

  it('a file which is used twice: left as it is', async () => {
    const input = path.join(folder, 'used-twice')
    const run = async (args: string, redirections: string): Promise<Ended> => {
      writeFileSync(input, all)
      const child = spawn('sh', ['-c', `"$0" "$1" ${args} ${redirections}`, process.execPath, logdecodePath], {
        cwd: folder,
      })
      children.add(child)
      return ended(child)
    }
    const refusal = (what: string, other: string): string =>
      `logdecode: ${what} is the same file as ${other}; give it one of its own.\nUsage: logdecode [options]\nSee logdecode --help.\n`
    const own = await run('--errors used-twice', '<used-twice')
    assert.deepEqual([own.code, own.stderr], [2, refusal('--errors', 'stdin')])
    const appended = await run('', '<used-twice >>used-twice')
    assert.deepEqual([appended.code, appended.stderr], [2, refusal('stdout', 'stdin')])
    const mixed = await run('--errors mixed', '<used-twice >mixed')
    assert.deepEqual([mixed.code, mixed.stderr], [2, refusal('--errors', 'stdout')])
    for (const template of ['used-twice', 'used-%index%']) {
      if (template !== 'used-twice') linkSync(input, path.join(folder, 'used-_'))
      const { code, stderr } = await run(`-f ${template}`, '<used-twice')
      assert.equal(code, 100)
      assert.match(stderr, /^logdecode: Failed to write entry: .* cannot be written: it is the same file as stdin$/m)
    }
    assert.equal(readFileSync(input, 'utf8'), all)
    const target = await run('--errors both -f both', '<used-twice')
    assert.equal(target.code, 100)
    assert.match(target.stderr, /both cannot be written: it is the same file as --errors\n$/)
    // One file for both is what many ask the shell for.
    assert.equal((await run('', '<used-twice >log 2>&1')).code, 1)
  })

  it('a signal: what has come is written, and the exit code tells that more might', async () => {
    const child = startPiped()
    child.stdin.write(good)
    await once(child.stdout, 'data')
    child.stdin.write(good)
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await ended(child)
    assert.deepEqual([code, stdout, stderr], [1, 'good\n', 'logdecode: stopped before the end of the input.\n'])
  })

  it('a signal which its writer has got too: all is written', async () => {
    const child = startPiped()
    const next = record(['next'])
    child.stdin.write(Buffer.concat([record(['good']), next.subarray(0, 30)]))
    await once(child.stdout, 'data')
    child.stdin.write(next.subarray(30))
    await once(child.stdout, 'data') // nothing waits for more, although gzip does not tell where it ends
    child.kill('SIGINT')
    child.stdin.end(record(['last']))
    assert.deepEqual(await ended(child), { code: 0, stdout: 'last\n', stderr: '' })
  })
})
