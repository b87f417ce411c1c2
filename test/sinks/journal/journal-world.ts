import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessageBlock } from '../../../src/core/message-block.ts'
import { Counters } from '../../../src/core/metrics.ts'
import type { Receipt } from '../../../src/core/sink.ts'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { Journal, type JournalOptions } from '../../../src/sinks/journal/journal.ts'
import { type ClosedSegment, readSegment, type SegmentEnd } from '../../../src/sinks/journal/read-segment.ts'
import { SpoolFolder, type SpoolFolderOptions } from '../../../src/sinks/journal/spool-folder.ts'
import { messagesOf } from '../../support/messages-of.ts'
import { RecordingFiles, type RecordingFilesOptions } from '../../support/recording-files.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const live = new AbortController().signal

/** A spool directory, and what journals there write and tell. */
export class JournalWorld {
  readonly spoolDir: string
  readonly clock = new VirtualClock()
  readonly logger = new RecordingLogger()
  readonly counters = new Counters()
  /** What journals handed on, in order. */
  readonly segments: ClosedSegment[] = []
  readonly #journals: Journal[] = []
  readonly #folders: SpoolFolder[] = []
  #arrived: () => void = () => {}

  private constructor(spoolDir: string) {
    this.spoolDir = spoolDir
  }

  static async make(): Promise<JournalWorld> {
    return new JournalWorld(await files.mkdtemp(join(tmpdir(), 'kinloader-journal-')))
  }

  /** What `SpoolFolder.open` takes, for the stream `s` in `us-east-1`. */
  options(): SpoolFolderOptions {
    const { spoolDir, clock, logger, counters } = this
    const uid = process.getuid?.()
    return { spoolDir, region: 'us-east-1', stream: 's', clock, logger, counters, processes: systemProcesses(), uid }
  }

  async folder(options: Partial<SpoolFolderOptions> = {}): Promise<SpoolFolder> {
    const folder = await SpoolFolder.open({ ...this.options(), files: this.recording(), ...options })
    this.#folders.push(folder)
    return folder
  }

  recording(options: Omit<RecordingFilesOptions, 'folder'> = {}): RecordingFiles {
    return new RecordingFiles({ folder: join(this.spoolDir, 'us-east-1-s'), clock: this.clock, ...options })
  }

  journal(folder: SpoolFolder, options: Partial<JournalOptions> = {}): Journal {
    const { clock, logger, counters } = this
    const onSegment = (segment: ClosedSegment): void => {
      this.segments.push(segment)
      this.#arrived()
    }
    const journal = new Journal({ folder, clock, logger, counters, onSegment, ...options })
    this.#journals.push(journal)
    return journal
  }

  /** Resolves when so many segments were handed on. */
  async handedOn(count: number): Promise<void> {
    while (this.segments.length < count) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
  }

  /** The texts in all segments which lie in the folder, in order. */
  async texts(folder: SpoolFolder): Promise<string[]> {
    const names = (await files.readdir(folder.journalPath)).sort()
    const texts: string[] = []
    for (const file of names) {
      const path = join(folder.journalPath, file)
      const { size } = await files.stat(path)
      texts.push(...(await textsOf({ file, path, bytes: size, isLeftover: true })).texts)
    }
    return texts
  }

  /** Closes what was opened, as the end of a process does. */
  async stop(): Promise<void> {
    for (const journal of this.#journals.splice(0)) await journal.close(AbortSignal.timeout(50))
    for (const folder of this.#folders.splice(0)) await folder.close()
  }

  async end(): Promise<void> {
    await this.stop()
    await files.rm(this.spoolDir, { recursive: true })
  }
}

export function block(...texts: string[]): MessageBlock {
  return {
    format: 'syslog',
    address: '127.0.0.1',
    port: 514,
    receivedMs: 1,
    messages: messagesOf(texts),
  }
}

export function write(journal: Journal, ...texts: string[]): Promise<Receipt> {
  return journal.write([block(...texts)], live)
}

export async function textsOf(segment: ClosedSegment): Promise<{ texts: string[]; ids: string[]; end: SegmentEnd }> {
  const { blocks, end } = await readSegment(segment)
  const texts: string[] = []
  const ids: string[] = []
  for (const { messages, firstId } of blocks) {
    for (const [i, message] of [...messages].entries()) {
      texts.push(Buffer.from(message).toString())
      ids.push(firstId.slice(0, 24) + (Number.parseInt(firstId.slice(24), 16) + i).toString(16).padStart(12, '0'))
    }
  }
  return { texts, ids, end }
}

/** Lets real I/O go on until it holds. */
export async function until(holds: () => boolean): Promise<void> {
  // Time and not turns: another thread may have to start.
  for (const endMs = performance.now() + 10_000; !holds(); ) {
    if (performance.now() > endMs) assert.fail(`never: ${holds.toString()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
