import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { errorCode, KinloaderError } from '../../../src/core/errors.ts'
import { encodeFrames } from '../../../src/sinks/spooling/frames.ts'
import { Spool, type SpoolOptions } from '../../../src/sinks/spooling/spool.ts'
import { RecordingFiles, type RecordingFilesOptions, systemError } from '../../support/recording-files.ts'
import { until } from '../journal/journal-world.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

describe('spool', () => {
  const processes = systemProcesses()
  let logger: RecordingLogger
  let folder: string
  let spools: Spool[]

  beforeEach(async () => {
    folder = await files.mkdtemp(join(tmpdir(), 'kinloader-spool-'))
    logger = new RecordingLogger()
    spools = []
  })

  afterEach(async () => {
    for (const spool of spools) await spool.close()
    await files.rm(folder, { recursive: true })
  })

  const open = async (options: Partial<SpoolOptions> = {}): Promise<Spool> => {
    const spool = await Spool.open({ folder, logger, processes, ...options })
    spools.push(spool)
    return spool
  }
  const recording = (options: Omit<RecordingFilesOptions, 'folder'> = {}): RecordingFiles =>
    new RecordingFiles({ folder, ...options })
  const file = (name: string): string => join(folder, `${name}.spool`)

  describe('a batch', () => {
    it('is gone or whole when the spool is closed: the folder may be another’s then', async () => {
      let goOn = (): void => {}
      const held = new Promise<void>((resolve) => {
        goOn = resolve
      })
      const recorded = recording({ hold: (call) => (call.startsWith('unlink b-1') ? held : undefined) })
      const spool = await open({ files: recorded })
      await spool.begin('b-1').append(Buffer.from('one'))
      const removing = spool.remove('b-1')
      const closing = spool.close().then(() => recorded.calls.push('closed'))
      await until(() => recorded.calls.includes('close b-1.spool'))
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      assert.ok(!recorded.calls.includes('closed'))
      goOn()
      await Promise.all([removing, closing])
      assert.ok(recorded.calls.indexOf('unlink b-1.spool') < recorded.calls.indexOf('closed'))
    })

    it('is written, sealed, read back and removed, by calls in this order', async () => {
      const recorded = recording()
      const spool = await open({ files: recorded })
      const own = `${processes.self}.lock`
      assert.deepEqual(recorded.calls, ['mkdir .', `open ${own} wx`, `close ${own}`, 'readdir .', 'readdir .'])
      recorded.calls.length = 0
      const batch = spool.begin('b-1')
      assert.deepEqual(recorded.calls, [])
      await batch.append(Buffer.from('one'))
      await batch.append(Buffer.from('three'))
      await batch.seal(Buffer.from('plan'))
      assert.equal(batch.bytes, 15 + 17 + 16)
      assert.equal(spool.usedBytes, batch.bytes)
      assert.deepEqual(texts(await spool.read('b-1')), ['one', 'three', 'seal plan'])
      await spool.remove('b-1')
      await spool.remove('b-1')
      assert.deepEqual(recorded.calls, [
        'open b-1.spool wx',
        'write b-1.spool 0+15',
        'write b-1.spool 15+17',
        'write b-1.spool 32+16',
        'close b-1.spool',
        'stat b-1.spool',
        'readFile b-1.spool',
        'unlink b-1.spool',
      ])
      assert.equal(spool.usedBytes, 0)
      assert.deepEqual((await files.readdir(folder)).length, 1)
    })

    it('syncs the seal, and the folder in which the file is new, before anybody is told', async () => {
      const recorded = recording()
      const nested = join(folder, 'a', 'b')
      const spool = await open({ folder: nested, files: recorded, sync: 'seal' })
      assert.deepEqual(
        recorded.calls.filter((call) => call.startsWith('sync')),
        ['sync a', 'sync .'],
      )
      recorded.calls.length = 0
      const batch = spool.begin('b')
      await batch.append(Buffer.from('one'))
      assert.ok(!recorded.calls.some((call) => call.startsWith('sync')))
      recorded.calls.length = 0
      await batch.seal(Buffer.from('plan'))
      assert.deepEqual(recorded.calls, [
        'write a/b/b.spool 15+16',
        'sync a/b/b.spool',
        'open a/b r',
        'sync a/b',
        'close a/b',
        'close a/b/b.spool',
      ])
    })

    it('does without syncing the folder where the platform cannot', async () => {
      const before = (call: string): void => {
        if (call === 'open . r') throw systemError('EISDIR')
      }
      const spool = await open({ files: recording({ before }), sync: 'seal' })
      await spool.begin('b').seal(Buffer.from('plan'))
      assert.deepEqual(texts(await spool.read('b')), ['seal plan'])
    })

    it('takes what comes while a write is in flight together into the next', async () => {
      const recorded = recording()
      const spool = await open({ files: recorded })
      const batch = spool.begin('b')
      const order: string[] = []
      const append = async (text: string): Promise<void> => {
        await batch.append(Buffer.from(text))
        order.push(text)
      }
      const first = append('0')
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.all([first, append('1'), append('2'), append('3')])
      assert.deepEqual(
        recorded.calls.filter((call) => call.startsWith('write')),
        ['write b.spool 0+13', 'write b.spool 13+39'],
      )
      assert.deepEqual(order, ['0', '1', '2', '3'])
    })

    it('is nobody else’s to read', async () => {
      const nested = join(folder, 'spool')
      const spool = await open({ folder: nested })
      await spool.begin('b').append(Buffer.from('one'))
      assert.equal((await files.stat(nested)).mode & 0o777, 0o700)
      assert.equal((await files.stat(join(nested, 'b.spool'))).mode & 0o777, 0o600)
    })

    it('takes nothing after its seal, its removal or the end of the spool', async () => {
      const spool = await open()
      const [sealed, removed, open_] = [spool.begin('a'), spool.begin('b'), spool.begin('c')]
      const refused = { code: 'SPOOL_BATCH_CLOSED' }
      await Promise.all([
        sealed.seal(Buffer.of()),
        assert.rejects(sealed.append(Buffer.of()), refused),
        assert.rejects(sealed.seal(Buffer.of()), refused),
      ])
      await removed.append(Buffer.of())
      await spool.remove('b')
      await assert.rejects(removed.append(Buffer.of()), refused)
      const last = open_.append(Buffer.from('last'))
      await spool.close()
      await last
      await assert.rejects(open_.append(Buffer.of()), refused)
      const closed = { code: 'SPOOL_CLOSED' }
      assert.throws(() => spool.begin('d'), closed)
      await assert.rejects(spool.read('a'), closed)
      await assert.rejects(spool.remove('a'), closed)
      await spool.close()
      assert.deepEqual((await files.readdir(folder)).sort(), ['a.spool', 'c.spool'])
      const next = await open()
      assert.deepEqual(texts(await next.read('c')), ['last'])
    })

    it('is not read while it is written', async () => {
      const spool = await open()
      const batch = spool.begin('a')
      await batch.append(Buffer.of())
      await assert.rejects(spool.read('a'), { code: 'SPOOL_BATCH_OPEN' })
    })

    it('has a name of its own, which fits every file system', async () => {
      const spool = await open()
      spool.begin('0_a-z')
      for (const name of ['', '0_a-z', '../a', 'a/b', 'A', 'a.b', '-a', 'a\0', 'a'.repeat(101)]) {
        assert.throws(() => spool.begin(name), { code: 'SPOOL_NAME' })
      }
      await assert.rejects(spool.read('../a'), { code: 'SPOOL_NAME' })
      assert.throws(() => spool.resume('b'), { code: 'SPOOL_NAME' })
    })

    it('and each of its frames have a size', async () => {
      const spool = await open()
      const batch = spool.begin('b')
      const large = Buffer.alloc(16 * 1024 * 1024)
      const refused = { code: 'SPOOL_TOO_LARGE', retryable: false }
      await assert.rejects(batch.append(Buffer.alloc(large.length + 1)), refused)
      await Promise.all([batch.append(large), batch.append(large), batch.append(large)])
      await assert.rejects(batch.append(large), refused)
      assert.equal(spool.usedBytes, 3 * (large.length + 12))
    })
  })

  describe('after an earlier process', () => {
    it('lists what that left, in order, and nothing else, and gives it back', async () => {
      const before = await open()
      for (const name of ['10', '09', '2', '11']) await before.begin(name).append(Buffer.from(name))
      await before.close()
      await files.writeFile(join(folder, 'Foreign.spool'), 'x')
      await files.writeFile(join(folder, 'notes.txt'), 'x')
      await files.mkdir(join(folder, 'folder.spool'))
      const backwards = {
        ...files,
        readdir: (async (path: string, options: { withFileTypes: true }) =>
          (await files.readdir(path, options)).reverse()) as unknown as typeof files.readdir,
      }
      const other = await open({ files: backwards })
      await other.close()
      const spool = await open()
      for (const { leftovers } of [other, spool]) assert.deepEqual(leftovers, ['09', '10', '11', '2'])
      assert.equal(spool.usedBytes, 14 + 14 + 14 + 13)
      assert.throws(() => spool.begin('10'), { code: 'SPOOL_NAME' })
      assert.deepEqual(texts(await spool.read('10')), ['10'])
      assert.deepEqual(texts(await spool.read('10')), ['10'])
      for (const name of spool.leftovers) await spool.remove(name)
      assert.equal(spool.usedBytes, 0)
      assert.deepEqual((await files.readdir(folder)).sort().slice(1), ['Foreign.spool', 'folder.spool', 'notes.txt'])
    })

    it('goes on with a batch without seal, cut at any byte, once it was read', async () => {
      const whole = encodeFrames(['one', 'two', 'three'].map((text) => ({ kind: 'entry', payload: Buffer.from(text) })))
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (cut) => {
          await files.writeFile(file('b'), whole.subarray(0, cut))
          const spool = await open()
          assert.throws(() => spool.resume('b'), { code: 'SPOOL_BATCH_CLOSED' })
          const left = await spool.read('b')
          const ends = [15, 30, 47]
          const frames = ['one', 'two', 'three'].slice(0, ends.filter((end) => end <= cut).length)
          assert.deepEqual(texts(left), frames)
          assert.equal(left.torn, ![0, ...ends].includes(cut))
          const batch = spool.resume('b')
          await Promise.all([batch.append(Buffer.from('more')), batch.seal(Buffer.from('plan'))])
          assert.deepEqual(texts(await spool.read('b')), [...frames, 'more', 'seal plan'])
          assert.equal(spool.usedBytes, (await files.stat(file('b'))).size)
          await spool.remove('b')
          assert.equal(spool.usedBytes, 0)
          await spool.close()
        }),
        { numRuns: 30 },
      )
      assert.deepEqual(logger.lines, [])
    })

    it('does not go on with a sealed batch', async () => {
      const before = await open()
      await before.begin('b').seal(Buffer.from('plan'))
      await before.close()
      const spool = await open()
      assert.deepEqual(texts(await spool.read('b')), ['seal plan'])
      assert.throws(() => spool.resume('b'), { code: 'SPOOL_BATCH_CLOSED' })
    })

    it('says that a batch is lost which somebody removed by hand', async () => {
      await files.writeFile(file('b'), '')
      const spool = await open()
      await files.unlink(file('b'))
      await assert.rejects(spool.read('b'), { code: 'SPOOL_BATCH_GONE', message: /b\.spool was removed by somebody/ })
      await spool.remove('b')
    })
  })

  describe('with a damaged file', () => {
    const write = async (name: string): Promise<Buffer> => {
      const bytes = encodeFrames(['one', 'two', 'three'].map((text) => ({ kind: 'entry', payload: Buffer.from(text) })))
      bytes[29] = 0
      await files.writeFile(file(name), bytes, { mode: 0o600 })
      return bytes
    }

    it('keeps what precedes the damage, puts the file aside, and tells once how much is lost', async () => {
      const bytes = await write('b')
      const spool = await open()
      const left = await spool.read('b')
      assert.deepEqual([texts(left), left.torn, left.damagedBytes], [['one'], false, 32])
      const copy = join(folder, 'quarantine', 'b.from-15')
      assert.deepEqual(await files.readFile(copy), bytes)
      assert.equal((await files.stat(copy)).mode & 0o777, 0o600)
      assert.equal(spool.usedBytes, 15)
      assert.deepEqual(texts(await spool.read('b')), ['one'])
      assert.deepEqual(logger.lines, [
        {
          level: 'error',
          at: 'spool',
          fields: {
            error: 'A file of the spool is damaged: 32 bytes of it are lost; look at the disk.',
            code: 'SPOOL_DAMAGED',
            file: file('b'),
            lostBytes: 32,
            keptBytes: 15,
            quarantine: copy,
          },
        },
      ])
      const batch = spool.resume('b')
      await batch.seal(Buffer.from('plan'))
      assert.deepEqual(texts(await spool.read('b')), ['one', 'seal plan'])
    })

    it('keeps no copy when there are many, or no room, and reads on', async () => {
      await files.mkdir(join(folder, 'quarantine'))
      const old = join(folder, 'quarantine', 'old.from-0')
      await files.writeFile(old, '')
      await files.truncate(old, 64 * 1024 * 1024 - 46)
      await write('a')
      await write('b')
      const before = (call: string): void => {
        if (!call.startsWith('copyFile')) return
        writeFileSync(join(folder, 'quarantine', 'b.from-15'), 'half of it')
        throw systemError('ENOSPC')
      }
      const spool = await open({ files: recording({ before }) })
      assert.deepEqual(texts(await spool.read('a')), ['one'])
      await files.unlink(old)
      assert.deepEqual(texts(await spool.read('b')), ['one'])
      assert.deepEqual(
        logger.lines.map(({ fields }) => fields['quarantine']),
        ['full, nothing kept', 'nothing kept (ENOSPC: as the system says it)'],
      )
      assert.deepEqual(await files.readdir(join(folder, 'quarantine')), [])
    })

    it('does not read what is too large to be a batch', async () => {
      await files.writeFile(file('b'), '')
      await files.truncate(file('b'), 64 * 1024 * 1024 + 1)
      const recorded = recording()
      const spool = await open({ files: recorded })
      const left = await spool.read('b')
      assert.deepEqual([texts(left), left.damagedBytes], [[], 64 * 1024 * 1024 + 1])
      assert.ok(!recorded.calls.includes('readFile b.spool'))
      assert.equal(spool.usedBytes, 0)
    })
  })

  describe('without room', () => {
    const full = { code: 'SPOOL_FULL', retryable: true }

    it('refuses what is above its bytes, writes nothing of it, and takes it when there is room again', async () => {
      const recorded = recording()
      const spool = await open({ maxBytes: 40, files: recorded })
      const [a, b] = [spool.begin('a'), spool.begin('b')]
      await a.append(Buffer.alloc(8))
      recorded.calls.length = 0
      await assert.rejects(b.append(Buffer.alloc(9)), full)
      await assert.rejects(b.append(Buffer.alloc(9)), /The spool is full: its 40 bytes are used; it empties when/)
      assert.deepEqual([recorded.calls, b.bytes, spool.usedBytes], [[], 0, 20])
      await b.append(Buffer.alloc(8))
      await assert.rejects(a.append(Buffer.of()), full)
      await spool.remove('b')
      await a.append(Buffer.of())
      // Only sealed batches make room.
      await a.seal(Buffer.from('sealed'))
      assert.deepEqual(texts(await spool.read('a')), ['\0'.repeat(8), '', 'seal sealed'])
    })

    it('does not wait for room which there can never be', async () => {
      const spool = await open({ maxBytes: 40 })
      await assert.rejects(spool.begin('a').append(Buffer.alloc(29)), { code: 'SPOOL_TOO_LARGE', retryable: false })
    })

    it('counts what waits for its turn', async () => {
      const spool = await open({ maxBytes: 40 })
      const batch = spool.begin('a')
      const [, , third] = await Promise.allSettled([1, 2, 3].map(() => batch.append(Buffer.alloc(8))))
      assert.equal(third?.status, 'rejected')
      assert.equal(batch.bytes, 40)
    })

    it('refuses one file too many', async () => {
      await files.writeFile(file('0'), encodeFrames([{ kind: 'entry', payload: Buffer.of() }]))
      const spool = await open({ maxBatches: 2 })
      await spool.begin('1').append(Buffer.of())
      const third = spool.begin('2')
      await assert.rejects(third.append(Buffer.of()), full)
      await spool.remove('0')
      await third.append(Buffer.of())
      await assert.rejects(spool.begin('3').append(Buffer.of()), /The spool is full: it holds 2 batches/)
    })

    it('on the disk cuts off what a write began, refuses all of it, and goes on behind the last whole frame', async () => {
      const fault = { at: '' }
      const recorded = recording({
        before: (call) => {
          if (call === fault.at) throw systemError('ENOSPC')
        },
        taken: (bytes) => Math.ceil(bytes / 2),
      })
      const spool = await open({ files: recorded })
      const batch = spool.begin('b')
      await batch.append(Buffer.from('one'))
      recorded.calls.length = 0
      // Half of the two frames is written, then the disk is full.
      fault.at = 'write b.spool 30+15'
      const message = `The disk of the spool folder ${folder} is full; make room on it.`
      const results = await Promise.allSettled(['two', 'six'].map((text) => batch.append(Buffer.from(text))))
      for (const result of results) {
        assert.ok(result.status === 'rejected' && result.reason instanceof KinloaderError)
        assert.equal(result.reason.code, 'SPOOL_FULL')
        assert.equal(result.reason.message, message)
      }
      assert.deepEqual(recorded.calls, ['write b.spool 15+30', 'write b.spool 30+15', 'truncate b.spool 15'])
      assert.deepEqual([batch.bytes, spool.usedBytes, (await files.stat(file('b'))).size], [15, 15, 15])
      await batch.append(Buffer.from('two'))
      await batch.seal(Buffer.from('plan'))
      assert.deepEqual(texts(await spool.read('b')), ['one', 'two', 'seal plan'])
    })

    it('on the disk tries again to cut off, and writes nothing before it has', async () => {
      const faults = new Set<string>()
      const recorded = recording({
        before: (call) => {
          if (faults.has(call)) throw systemError('ENOSPC')
        },
        taken: (bytes) => Math.ceil(bytes / 2),
      })
      const spool = await open({ files: recorded })
      const batch = spool.begin('b')
      await batch.append(Buffer.from('one'))
      faults.add('write b.spool 30+15').add('truncate b.spool 15')
      const long = Buffer.from('a longer payload..')
      await assert.rejects(batch.append(long), full)
      assert.equal((await files.stat(file('b'))).size, 30)
      await assert.rejects(batch.append(Buffer.of()), full)
      assert.equal((await files.stat(file('b'))).size, 30)
      faults.clear()
      await batch.append(Buffer.of())
      await batch.seal(Buffer.of())
      assert.deepEqual(texts(await spool.read('b')), ['one', '', 'seal '])
    })

    for (const fault of ['write b.spool 15+16', 'sync b.spool', 'sync .', 'close b.spool']) {
      it(`refuses a seal at "${fault}", and takes it again`, async () => {
        const faults: string[] = []
        const recorded = recording({
          before: (call) => {
            if (call === faults[0] && faults.shift() !== undefined) throw systemError('EDQUOT')
          },
        })
        const spool = await open({ files: recorded, sync: 'seal' })
        const batch = spool.begin('b')
        await batch.append(Buffer.from('one'))
        faults.push(fault)
        await assert.rejects(batch.seal(Buffer.from('plan')), full)
        assert.deepEqual([faults, spool.usedBytes], [[], 15])
        await batch.append(Buffer.from('more'))
        await batch.seal(Buffer.from('other'))
        assert.deepEqual(texts(await spool.read('b')), ['one', 'more', 'seal other'])
      })
    }

    const onLinux = platform() === 'linux' ? it : (): void => {}
    onLinux('of the kernel’s own making', async () => {
      const kernel: NonNullable<SpoolOptions['files']> = {
        ...files,
        open: ((path: string, flags: string, mode?: number) =>
          path.endsWith('.spool') ? files.open('/dev/full', 'r+') : files.open(path, flags, mode)) as typeof files.open,
      }
      const spool = await open({ files: kernel })
      const batch = spool.begin('b')
      await assert.rejects(batch.append(Buffer.from('one')), full)
      assert.deepEqual([batch.bytes, spool.usedBytes], [0, 0])
    })
  })

  describe('where it cannot be', () => {
    it('says what to do, one sentence a cause', async () => {
      const sentences: Record<string, [string, RegExp, boolean?]> = {
        ENOSPC: ['SPOOL_FULL', /^The disk of the spool folder .+ is full; make room on it\.$/, true],
        EACCES: ['SPOOL_DENIED', /^Access to the spool folder .+ is denied; let the user .+ read and write it\.$/],
        EPERM: ['SPOOL_DENIED', /is denied/],
        EROFS: ['SPOOL_READ_ONLY', /lies on a read-only file system; mount it writable or choose another folder\.$/],
        ENOENT: ['SPOOL_GONE', /was removed while it was in use; start the program again\.$/],
        EIO: ['SPOOL_FAILED', /failed \(EIO: as the system says it\); look at its disk\.$/],
        EMFILE: ['SPOOL_FAILED', /failed \(EMFILE/, true],
      }
      for (const [systemCode, [code, message, retryable = false]] of Object.entries(sentences)) {
        const fault = { at: 'mkdir .' }
        const recorded = recording({
          before: (call) => {
            if (call.startsWith(fault.at)) throw systemError(systemCode)
          },
        })
        const expected = (error: unknown): boolean => {
          assert.ok(error instanceof KinloaderError)
          assert.match(error.message, message)
          assert.deepEqual([error.code, error.retryable, errorCode(error.cause)], [code, retryable, systemCode])
          return true
        }
        await assert.rejects(open({ files: recorded }), expected)
        fault.at = 'open b.spool'
        const spool = await open({ files: recorded })
        await assert.rejects(spool.begin('b').append(Buffer.of()), expected)
        fault.at = 'unlink b.spool'
        // What is gone already need not be removed.
        if (systemCode === 'ENOENT') await spool.remove('b')
        else await assert.rejects(spool.remove('b'), expected)
        fault.at = 'nothing'
        await spool.remove('b')
        await spool.close()
      }
    })

    it('refuses a file in the place of the folder or above it', async () => {
      const path = join(folder, 'file')
      await files.writeFile(path, '')
      const expected = { code: 'SPOOL_NOT_A_FOLDER', message: /because a file is in the place of it or of a folder/ }
      await assert.rejects(open({ folder: path }), expected)
      await assert.rejects(open({ folder: join(path, 'below') }), expected)
    })

    it('leaves no lock behind', async () => {
      const failing = recording({
        before: (call) => {
          if (call.startsWith('stat')) throw systemError('EIO')
        },
      })
      await files.writeFile(file('b'), '')
      await assert.rejects(open({ files: failing }), { code: 'SPOOL_FAILED' })
      assert.deepEqual(await files.readdir(folder), ['b.spool'])
    })
  })
})

function texts({ frames, seal }: Awaited<ReturnType<Spool['read']>>): string[] {
  const all = frames.map((frame) => Buffer.from(frame).toString())
  return seal === undefined ? all : [...all, `seal ${Buffer.from(seal).toString()}`]
}
