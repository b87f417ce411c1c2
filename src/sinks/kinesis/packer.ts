import { isAborted } from '../../core/aborting.ts'
import { settledOrAborted } from '../deferred.ts'
import type { BatchIds } from './batch-ids.ts'
import type { EventBatch } from './event-batch.ts'
import type { Intake, LoadedBatch } from './intake.ts'
import type { PackedRecord, Packing } from './packing.ts'
import type { PutQueue } from './put-queue.ts'
import type { PutStatistics } from './put-statistics.ts'
import type { RecordTarget } from './record-target.ts'
import type { SpooledBatches } from './spooled-batches.ts'

export interface PackerOptions {
  readonly intake: Intake
  readonly packing: Packing
  readonly queue: PutQueue
  readonly target: RecordTarget
  readonly ids: BatchIds
  readonly statistics: PutStatistics
  readonly spooled: SpooledBatches | undefined
}

/** From the intake to the queue: batches become records, one batch after the other, when the queue has room for more. */
export class Packer {
  readonly #options: PackerOptions

  constructor(options: PackerOptions) {
    this.#options = options
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { intake, queue, statistics } = this.#options
    while (!isAborted(signal)) {
      while (!queue.hasRoom && !isAborted(signal)) {
        statistics.add('flushFull')
        await settledOrAborted(queue.roomy, signal)
      }
      const next = await intake.next(signal)
      if (next !== undefined) await this.#pack(next)
    }
  }

  async #pack({ batch, events, plan }: LoadedBatch): Promise<void> {
    const { intake, packing, queue } = this.#options
    const records = plan === undefined ? await this.#packNew(events) : await packing.repack(events.groups, plan)
    let left = records.length
    intake.packed(
      batch,
      records.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    if (left === 0) await intake.finished(batch)
    for (const record of records) {
      queue.put(record, () => {
        intake.delivered(record.events, record.bytes)
        left -= 1
        if (left === 0) void intake.finished(batch)
      })
    }
  }

  async #packNew({ id, groups }: EventBatch): Promise<readonly PackedRecord[]> {
    const { packing, target, ids, spooled } = this.#options
    // What an earlier process left without a seal it may have sent, cut in another way: the same ids would make readers
    // take other events for repeats.
    const recordsId = ids.has(id) ? id : ids.next()
    const { records, plan } = await packing.pack(recordsId, groups, target.bytes)
    await spooled?.seal(id, plan)
    return records
  }
}
