import type { Multiline } from '../../../codecs/multiline.ts'
import type { TextInput } from '../../../sources/text-input.ts'
import type { EventOutlet } from './event-outlet.ts'
import type { TransferProgress } from '../transfer-progress.ts'

/**
 * Reads an input to its end and hands its events to the outlet. An outlet which is full holds the reading up, and with
 * it whoever writes. All that was read gets out, also when reading fails. Rejects as the input and the outlet do.
 */
export async function copyEvents(
  input: TextInput,
  multiline: Multiline,
  outlet: EventOutlet,
  progress?: TransferProgress,
): Promise<void> {
  try {
    for await (const chunk of input.read()) {
      const events = multiline.push(chunk)
      progress?.add(chunk.length, events.length)
      // At the same time: with a spool each waits for the disk.
      await Promise.all(events.map((event) => outlet.write(event)))
    }
  } finally {
    const rest = multiline.end()
    progress?.add(0, rest.length)
    await Promise.all(rest.map((event) => outlet.write(event)))
    await outlet.end()
  }
}
