import { KinloaderError } from '../../core/errors.ts'

/** What cannot be taken over, and from where; the user can only change the setting or what it names. */
export function importError(message: string, cause?: unknown): KinloaderError {
  return new KinloaderError('IMPORT_FAILED', `import_checkpoints: ${message}`, { cause })
}

/** A shard's id and the sequence number kinlog stored for it. Throws when they are no such things. */
export function checkedEntry(shard: string, checkpoint: string, where: string): readonly [string, string] {
  // The patterns of the Kinesis API for ShardId and SequenceNumber.
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(shard)) {
    throw importError(`${where} holds "${shown(shard)}", which is no shard id; name what kinlog wrote for this stream.`)
  }
  if (!/^(0|[1-9]\d{0,128})$/.test(checkpoint)) {
    throw importError(
      `${where} holds "${shown(checkpoint)}" for ${shard}, which is no sequence number; name what kinlog wrote for this stream.`,
    )
  }
  return [shard, checkpoint]
}

function shown(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80)
}
