import { untilAborted } from '../../../core/aborting.ts'
import type { MessageBlock } from '../../../core/message-block.ts'
import type { Receipt, Sink } from '../../../core/sink.ts'
import type { Journal } from '../../../sinks/journal/journal.ts'

/** A journal whose flush closes the current segment, so that records are made of all there is before the program ends. */
export class RotatingJournal implements Sink<MessageBlock> {
  readonly name = 'journal'
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  write(blocks: readonly MessageBlock[], signal: AbortSignal): Promise<Receipt> {
    return this.#journal.write(blocks, signal)
  }

  async flush(deadline: AbortSignal): Promise<void> {
    await Promise.race([this.#journal.rotate(), untilAborted(deadline)])
  }

  close(deadline: AbortSignal): Promise<void> {
    return this.#journal.close(deadline)
  }
}
