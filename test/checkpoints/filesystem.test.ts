import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkpointFile, FilesystemCheckpointStore, type Files } from '../../src/checkpoints/filesystem.ts'
import { JumpingClock } from '../support/jumping-clock.ts'
import { checkpointStoreContract } from '../contracts/checkpoint-store.ts'

const live = new AbortController().signal
const clock = new JumpingClock(Date.now())
const newFolder = (): Promise<string> => files.mkdtemp(join(tmpdir(), 'kinloader-checkpoints-'))

checkpointStoreContract('filesystem', async () => {
  const folder = await newFolder()
  return {
    open: (reader) => {
      const path = checkpointFile(folder, { region: 'us-east-1', stream: reader, checkpointName: '' })
      return new FilesystemCheckpointStore({ path, clock })
    },
    close: () => files.rm(folder, { recursive: true }),
  }
})

describe('filesystem checkpoints', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await newFolder()
    path = join(folder, 'modinputs', 'kinloader', 'app.checkpoints.json')
  })

  afterEach(() => files.rm(folder, { recursive: true }))

  it('writes aside, syncs, renames, and syncs the folder, in this order', async () => {
    const calls: string[] = []
    const store = new FilesystemCheckpointStore({ path, clock, files: recorded(calls, folder) })
    await store.save(new Map([['shard', '1']]), live)
    assert.deepEqual(calls, [
      'readFile modinputs/kinloader/app.checkpoints.json',
      'mkdir modinputs/kinloader',
      'open modinputs r',
      'sync modinputs',
      'close modinputs',
      'open . r',
      'sync .',
      'close .',
      'open modinputs/kinloader/app.checkpoints.json.*.tmp wx',
      'write modinputs/kinloader/app.checkpoints.json.*.tmp {"shard":"1"}\n',
      'sync modinputs/kinloader/app.checkpoints.json.*.tmp',
      'close modinputs/kinloader/app.checkpoints.json.*.tmp',
      'rename modinputs/kinloader/app.checkpoints.json.*.tmp modinputs/kinloader/app.checkpoints.json',
      'open modinputs/kinloader r',
      'sync modinputs/kinloader',
      'close modinputs/kinloader',
    ])
    calls.length = 0
    await store.save(new Map([['shard', '2']]), live)
    assert.deepEqual(
      calls.map((call) => call.split(' ')[0]),
      ['readFile', 'mkdir', 'open', 'write', 'sync', 'close', 'rename', 'open', 'sync', 'close'],
    )
  })

  it('keeps the old content when any call fails, leaves nothing beside it, and goes on', async () => {
    await new FilesystemCheckpointStore({ path, clock }).save(new Map([['shard', 'old']]), live)
    const calls: string[] = []
    await new FilesystemCheckpointStore({ path, clock, files: recorded(calls, folder) }).save(new Map(), live)
    // The last three sync the folder: what they fail after has happened already.
    for (const failing of calls.slice(1, -3).keys()) {
      const fault = { at: failing + 1 }
      const store = new FilesystemCheckpointStore({ path, clock, files: recorded([], folder, fault) })
      await assert.rejects(store.save(new Map([['shard', `new ${failing}`]]), live), {
        code: 'CHECKPOINT_FILE_UNWRITABLE',
        retryable: true,
        message: /cannot be written \(no space left.*\); give the user Splunk runs as write access/,
      })
      assert.equal(await files.readFile(path, 'utf8'), '{"shard":"old"}\n')
      assert.deepEqual(await files.readdir(join(path, '..')), ['app.checkpoints.json'])
      await store.save(new Map([['shard', 'old']]), live)
    }
  })

  it('keeps the old content when it is ended before the rename', async () => {
    const ending = new AbortController()
    const store = new FilesystemCheckpointStore({ path, clock })
    await store.save(new Map([['shard', 'old']]), live)
    const slow = new FilesystemCheckpointStore({
      path,
      clock,
      files: {
        ...files,
        mkdir: ((...given: Parameters<Files['mkdir']>) => {
          ending.abort()
          return files.mkdir(...given)
        }) as Files['mkdir'],
      },
    })
    await assert.rejects(slow.save(new Map([['shard', 'new']]), ending.signal), { code: 'ABORTED' })
    assert.equal(await files.readFile(path, 'utf8'), '{"shard":"old"}\n')
    assert.deepEqual(await files.readdir(join(path, '..')), ['app.checkpoints.json'])
  })

  for (const [what, text] of Object.entries({
    'an empty file': '',
    'half a file': '{"shard":"1',
    'an array': '["shard"]',
    'a number': '1',
    null: 'null',
    'values which are no texts': '{"shard":{"checkpoint":"1"}}',
  })) {
    it(`takes ${what} for damage, not for an empty store, and does not overwrite it`, async () => {
      path = join(folder, 'checkpoints.json')
      await files.writeFile(path, text)
      const store = new FilesystemCheckpointStore({ path, clock })
      const expected = {
        code: 'CHECKPOINT_FILE_CORRUPT',
        retryable: false,
        message: /restore it from a backup, or remove it/,
      }
      await assert.rejects(store.load(), expected)
      await assert.rejects(store.save(new Map([['shard', '2']]), live), expected)
      await assert.rejects(store.check(live), expected)
      assert.equal(await files.readFile(path, 'utf8'), text)
    })
  }

  it('is not disturbed by files a crash left behind, and removes them when they are old', async () => {
    const store = new FilesystemCheckpointStore({ path, clock })
    await store.save(new Map([['shard', '1']]), live)
    await files.writeFile(`${path}.fresh.tmp`, '{"shard":"9')
    await files.utimes(`${path}.fresh.tmp`, 0, clock.now() / 1000 - 3500)
    await files.writeFile(`${path}.old.tmp`, '{"shard":"9')
    await files.utimes(`${path}.old.tmp`, 0, clock.now() / 1000 - 3700)
    await files.writeFile(`${path}.mine`, '')
    await files.utimes(`${path}.mine`, 0, 0)
    assert.deepEqual([...(await new FilesystemCheckpointStore({ path, clock }).load())], [['shard', '1']])
    assert.deepEqual((await files.readdir(join(path, '..'))).sort(), [
      'app.checkpoints.json',
      'app.checkpoints.json.fresh.tmp',
      'app.checkpoints.json.mine',
    ])
  })

  it('takes foreign content for none, and replaces it by the first save', async () => {
    await files.mkdir(dirname(path), { recursive: true })
    await files.writeFile(path, 'theirs')
    const store = new FilesystemCheckpointStore({ path, clock, isForeign: (text) => text === 'theirs' })
    assert.deepEqual(await store.load(), new Map())
    await store.check(live)
    assert.equal(await files.readFile(path, 'utf8'), 'theirs')
    await store.save(new Map([['a', '1']]), live)
    assert.deepEqual(await store.load(), new Map([['a', '1']]))
    await assert.rejects(new FilesystemCheckpointStore({ path: await written('theirs'), clock }).load(), {
      code: 'CHECKPOINT_FILE_CORRUPT',
    })
  })

  async function written(text: string): Promise<string> {
    const other = join(folder, 'other')
    await files.writeFile(other, text)
    return other
  }

  it('names who needs access', async () => {
    await files.mkdir(path, { recursive: true })
    const store = new FilesystemCheckpointStore({ path, clock, user: 'yourself' })
    await assert.rejects(store.load(), { message: /give yourself access to it\.$/ })
  })

  it('says what to do where it may not write or read', async () => {
    // Not by permissions: tests may run as root. A file in the place of a folder fails for everybody.
    await files.writeFile(join(folder, 'modinputs'), '')
    const store = new FilesystemCheckpointStore({ path, clock })
    await assert.rejects(store.check(live), { code: /^CHECKPOINT_FILE_UN/, message: /give the user Splunk runs as/ })
    await files.rm(join(folder, 'modinputs'))
    await files.mkdir(path, { recursive: true })
    await assert.rejects(store.load(), {
      code: 'CHECKPOINT_FILE_UNREADABLE',
      message: /give the user Splunk runs as access/,
    })
  })

  it('does without syncing the folder where the platform cannot', async () => {
    const unsyncable: Files = {
      ...files,
      open: ((given: string, flags: string, mode?: number) => {
        if (flags === 'r') throw Object.assign(new Error('folders cannot be opened'), { code: 'EISDIR' })
        return files.open(given, flags, mode)
      }) as Files['open'],
    }
    const store = new FilesystemCheckpointStore({ path, clock, files: unsyncable })
    await store.save(new Map([['shard', '1']]), live)
    assert.deepEqual([...(await store.load())], [['shard', '1']])
  })
})

/** The real functions, each call written down; call number `fault.at` (from 0) fails once, before anything is done. */
function recorded(calls: string[], folder: string, fault?: { at: number }): Files {
  const shown = (path: unknown): string =>
    String(path)
      .replace(folder, '')
      .replace(/^\//, '')
      .replace(/[0-9a-f-]{36}/, '*') || '.'
  let count = 0
  const record = (call: string): void => {
    calls.push(call)
    count += 1
    if (count - 1 === fault?.at) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }
  return {
    ...files,
    readFile: (async (path: string, encoding: 'utf8') => {
      record(`readFile ${shown(path)}`)
      return files.readFile(path, encoding)
    }) as Files['readFile'],
    mkdir: (async (path: string, options: { recursive: true }) => {
      record(`mkdir ${shown(path)}`)
      return files.mkdir(path, options)
    }) as Files['mkdir'],
    rename: async (from, to) => {
      record(`rename ${shown(from)} ${shown(to)}`)
      await files.rename(from, to)
    },
    open: (async (path: string, flags: string, mode?: number) => {
      record(`open ${shown(path)} ${flags}`)
      const handle = await files.open(path, flags, mode)
      return {
        writeFile: async (text: string) => {
          record(`write ${shown(path)} ${text}`)
          await handle.writeFile(text)
        },
        sync: async () => {
          record(`sync ${shown(path)}`)
          await handle.sync()
        },
        close: async () => {
          await handle.close()
          record(`close ${shown(path)}`)
        },
      }
    }) as unknown as Files['open'],
  }
}
