import type { MadeRecord } from './made-records.ts'

/** A gzip member, a record by itself. */
export interface Member extends MadeRecord {
  /** Before compression. */
  readonly plainBytes: number
}

/**
 * Joins gzip members which follow each other into records up to the limit: Firehose bills each record as if it had a
 * multiple of 5 KB. Readers have to accept several members in one record.
 */
export function packed(members: readonly Member[], maxBytes: number): readonly MadeRecord[] {
  const records: MadeRecord[] = []
  let waiting: Member[] = []
  let bytes = 0
  let plainBytes = 0
  const close = (): void => {
    if (waiting.length > 0) records.push(joined(waiting))
    waiting = []
    bytes = 0
    plainBytes = 0
  }
  for (const member of members) {
    if (bytes + member.bytes.length > maxBytes || plainBytes + member.plainBytes > maxPlainBytes) close()
    waiting.push(member)
    bytes += member.bytes.length
    plainBytes += member.plainBytes
  }
  close()
  return records
}

function joined(members: readonly Member[]): MadeRecord {
  const [first] = members
  if (first !== undefined && members.length === 1) return first
  // Not `Buffer.concat`, whose small ones share their memory with others.
  const bytes = new Uint8Array(members.reduce((sum, member) => sum + member.bytes.length, 0))
  let length = 0
  let events = 0
  for (const member of members) {
    bytes.set(member.bytes, length)
    length += member.bytes.length
    events += member.events
  }
  return { bytes, events }
}

/** Our own readers take 32 MiB and 500,000 events of one record; an event has at least 85 bytes. */
const maxPlainBytes = 16 * 1024 * 1024
