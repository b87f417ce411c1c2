import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { KinloaderError } from '../../core/errors.ts'
import { Deferred } from '../deferred.ts'
import { spoolError } from './errors.ts'
import { type Files, syncFolder, writeWhole } from './files.ts'
import { encodeFrames, type Frame, type FrameKind, frameHeadBytes, maxPayloadBytes } from './frames.ts'
import type { Quota } from './quota.ts'

/** A batch being written. */
export interface SpoolBatch {
  readonly name: string
  /**
   * Resolves when the frame would survive the death of this process. Frames which arrive while a write is in flight go
   * out together in the next one, in the order of the calls, and share its fate: when it fails, all of them are
   * refused and none is in the file. The bytes must not change until then. At most 16 MiB.
   */
  append(frame: Uint8Array): Promise<void>
  /**
   * The last frame: later appends are refused, the file is closed. A seal which was refused may be tried again. The
   * bytes a spool may hold do not bound it, the disk does.
   */
  seal(frame: Uint8Array): Promise<void>
  /** Takes no more frames for now, and lets the file go: the batch may be read, and resumed. */
  rest(): Promise<void>
  /** Of the file, once everything which was appended is written. At most 64 MiB. */
  readonly bytes: number
}

export const batchSuffix = '.spool'
export const maxBatchBytes = 64 * 1024 * 1024

/** What all batches of a spool share. */
export interface BatchFolder {
  readonly path: string
  readonly quota: Quota
  readonly files: Files
  /** Whether sealing survives a power cut. */
  readonly syncSeal: boolean
}

/**
 * `unread`: left behind by an earlier process, nobody knows what it holds. `unsealed`: was read, may go on. `open`:
 * takes frames. `sealed`: complete. `ended`: the spool was closed, or the batch removed.
 */
type State = 'unread' | 'unsealed' | 'open' | 'sealed' | 'ended'

/** What goes out in one write. */
interface Group {
  readonly frames: Frame[]
  bytes: number
  readonly done: Deferred
}

export class BatchFile implements SpoolBatch {
  readonly name: string
  readonly path: string
  readonly #folder: BatchFolder
  #state: State
  /** Everything before this is whole frames. */
  #wholeBytes: number
  #exists: boolean
  #handle: FileHandle | undefined
  /** What a failed write left behind `#wholeBytes` may not have been cut off yet. */
  #torn = false
  #queuedBytes = 0
  #queue: Group | undefined
  #draining: Promise<void> | undefined

  /** With the size of its file when there is one already. */
  constructor(name: string, folder: BatchFolder, foundBytes?: number) {
    this.name = name
    this.path = join(folder.path, `${name}${batchSuffix}`)
    this.#folder = folder
    this.#state = foundBytes === undefined ? 'open' : 'unread'
    this.#exists = foundBytes !== undefined
    this.#wholeBytes = foundBytes ?? 0
    if (foundBytes !== undefined) folder.quota.count(foundBytes, foundBytes > 0 ? 1 : 0)
  }

  get state(): State {
    return this.#state
  }

  get bytes(): number {
    return this.#wholeBytes + this.#queuedBytes
  }

  /** Whether the file may be changed by a write. */
  get busy(): boolean {
    return this.#state === 'open' || this.#draining !== undefined
  }

  append(frame: Uint8Array): Promise<void> {
    return this.#add('entry', frame)
  }

  seal(frame: Uint8Array): Promise<void> {
    return this.#add('seal', frame)
  }

  /** Takes frames again, behind those which were read. */
  reopen(): void {
    if (this.#state !== 'unsealed') throw noLonger(this.name, this.#state)
    this.#state = 'open'
  }

  async rest(): Promise<void> {
    if (this.#state !== 'open') throw noLonger(this.name, this.#state)
    this.#state = 'unsealed'
    await this.#draining
    await this.#close()
  }

  /** The file was read and holds this much. */
  found(wholeBytes: number, sealed: boolean): void {
    this.#shrink(this.#wholeBytes - wholeBytes)
    if (this.#state !== 'ended') this.#state = sealed ? 'sealed' : 'unsealed'
  }

  /** The file was removed. */
  gone(): void {
    this.#shrink(this.#wholeBytes)
  }

  /** Waits for the writes under way and closes the file; whatever comes later is refused. Twice is fine. */
  async end(): Promise<void> {
    this.#state = 'ended'
    await this.#draining
    await this.#close()
  }

  async #add(kind: FrameKind, payload: Uint8Array): Promise<void> {
    if (this.#state !== 'open') throw noLonger(this.name, this.#state)
    const bytes = frameHeadBytes + payload.length
    if (payload.length > maxPayloadBytes) {
      throw tooLarge(`The spool takes no frame above ${maxPayloadBytes} bytes; this one has ${payload.length}.`)
    }
    if (this.bytes + bytes > maxBatchBytes) {
      throw tooLarge(`A batch of the spool is at most ${maxBatchBytes} bytes; begin a new one.`)
    }
    const { quota } = this.#folder
    const batches = this.bytes === 0 ? 1 : 0
    // A full spool empties by batches which are sealed, sent and removed: it has room for the seal.
    if (kind === 'seal') quota.count(bytes, batches)
    else quota.take(bytes, batches)
    if (kind === 'seal') this.#state = 'sealed'
    this.#queuedBytes += bytes
    this.#queue ??= { frames: [], bytes: 0, done: new Deferred() }
    this.#queue.frames.push({ kind, payload })
    this.#queue.bytes += bytes
    const { promise } = this.#queue.done
    this.#draining ??= this.#drain()
    return promise
  }

  async #drain(): Promise<void> {
    // Calls made in the same turn go out together.
    await Promise.resolve()
    for (let group = this.#queue; group !== undefined; group = this.#queue) {
      this.#queue = undefined
      try {
        await this.#write(group)
        this.#settle(group, true)
        group.done.resolve()
      } catch (error) {
        this.#settle(group, false)
        group.done.reject(spoolError(error, this.#folder.path))
      }
    }
    this.#draining = undefined
  }

  #settle(group: Group, written: boolean): void {
    this.#queuedBytes -= group.bytes
    if (written) {
      this.#wholeBytes += group.bytes
      return
    }
    this.#folder.quota.count(-group.bytes, this.bytes === 0 ? -1 : 0)
    if (this.#state === 'sealed' && sealIn(group)) this.#state = 'open'
  }

  async #write(group: Group): Promise<void> {
    const handle = (this.#handle ??= await this.#open())
    if (this.#torn) await this.#mend(handle)
    try {
      await writeWhole(handle, encodeFrames(group.frames), this.#wholeBytes)
      if (sealIn(group)) await this.#finish(handle)
    } catch (error) {
      this.#torn = true
      // Where it fails (the file may be closed by now) it is tried again before the next write.
      await this.#mend(handle).catch(() => undefined)
      throw error
    }
  }

  async #open(): Promise<FileHandle> {
    const { files } = this.#folder
    // At a position of its own each: a file opened for appending cannot be mended by writing over it.
    const handle = await files.open(this.path, this.#exists ? 'r+' : 'wx', 0o600)
    this.#exists = true
    return handle
  }

  /** Cuts off what a failed write left, so that a later frame does not stand behind torn bytes. */
  async #mend(handle: FileHandle): Promise<void> {
    await handle.truncate(this.#wholeBytes)
    this.#torn = false
  }

  async #finish(handle: FileHandle): Promise<void> {
    const { path, files, syncSeal } = this.#folder
    if (syncSeal) {
      await handle.sync()
      await syncFolder(path, files)
    }
    // Network file systems tell here that what they took did not fit.
    await this.#close()
  }

  #shrink(bytes: number): void {
    this.#wholeBytes -= bytes
    this.#folder.quota.count(-bytes, bytes > 0 && this.#wholeBytes === 0 ? -1 : 0)
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

function sealIn(group: Group): boolean {
  return group.frames.at(-1)?.kind === 'seal'
}

function tooLarge(message: string): KinloaderError {
  return new KinloaderError('SPOOL_TOO_LARGE', message)
}

function noLonger(name: string, state: State): KinloaderError {
  return new KinloaderError('SPOOL_BATCH_CLOSED', `The spooled batch ${name} takes no more frames: it is ${state}.`)
}
