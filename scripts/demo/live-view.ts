import type { SplunkEvent } from '../../test/fakes/splunkd/event-stream.ts'
import type { ShardCount } from './ledger.ts'
import type { ShardLine } from './shard-board.ts'
import { type Column, renderTable } from './table.ts'
import { oneLine } from './text-width.ts'

/** A line of the screen, and how it stands out where there are colours. */
export interface ViewLine {
  readonly text: string
  readonly style?: 'bold' | 'dim'
}

/** What is shown while lines flow. */
export interface ViewState {
  readonly elapsedMs: number
  readonly put: number
  readonly indexed: number
  readonly duplicated: number
  readonly megabytesPerSecond: number
  readonly shards: readonly ShardState[]
  /** The newest of each host, source and sourcetype. */
  readonly events: readonly SplunkEvent[]
}

export interface ShardState {
  readonly shardId: string
  readonly parents: readonly string[]
  readonly count: ShardCount
  /** What the input said last; undefined before it has said anything. */
  readonly line: ShardLine | undefined
}

const shardColumns: readonly Column[] = [
  { title: 'SHARD', minWidth: 5 },
  { title: 'PARENT', minWidth: 6 },
  { title: 'STATE', minWidth: 18, maxWidth: 26 },
  { title: 'LAG', minWidth: 7, align: 'right' },
  { title: 'PUT', minWidth: 7, align: 'right' },
  { title: 'INDEXED', minWidth: 7, align: 'right' },
  { title: 'SAFE POSITION' },
]

/** The narrower the screen, the less of the path: the event itself is what one wants to see. */
function eventColumns(width: number): readonly Column[] {
  return [
    { title: 'TIME (UTC)', minWidth: 12 },
    { title: 'HOST', minWidth: 7, maxWidth: 12 },
    { title: 'SOURCE', minWidth: 10, maxWidth: width < 120 ? 16 : 30, cut: 'start' },
    { title: 'SOURCETYPE', minWidth: 12, maxWidth: 14 },
    { title: 'EVENT' },
  ]
}

/** The figures, a row a shard, and the newest events as Splunk would index them; no line wider than `width`. */
export function renderView(state: ViewState, width: number): readonly ViewLine[] {
  const { elapsedMs, put, indexed, duplicated, megabytesPerSecond, shards, events } = state
  const figures =
    `${clock(elapsedMs)}  put ${grouped(put)}  indexed ${grouped(indexed)}  ` +
    `duplicated ${grouped(duplicated)}  ${megabytesPerSecond.toFixed(2)} MB/s`
  return [
    { text: '' },
    { text: figures, style: 'bold' },
    { text: '' },
    ...titled(renderTable(shardColumns, shards.map(shardRow), width)),
    { text: '' },
    ...titled(renderTable(eventColumns(width), events.map(eventRow), width)),
  ]
}

/** 12345 as 12,345. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

function titled([title = '', ...rows]: readonly string[]): readonly ViewLine[] {
  return [{ text: title, style: 'dim' }, ...rows.map((text) => ({ text }))]
}

function shardRow({ shardId, parents, count, line }: ShardState): readonly string[] {
  return [
    shortShard(shardId),
    parents.map(shortShard).join(' '),
    (line?.state ?? 'not yet seen').replaceAll(/shardId-\d+/g, shortShard),
    lagText(line?.lagMs),
    grouped(count.put),
    grouped(count.indexed),
    shortPosition(line?.position ?? ''),
  ]
}

function eventRow({ time = '', host = '', source = '', sourcetype = '', data = '' }: SplunkEvent): readonly string[] {
  const at = time === '' ? '' : new Date(Number(time) * 1000).toISOString().slice(11, 23)
  // More than any terminal is wide need not be looked at.
  return [at, host, source, sourcetype, oneLine(data.slice(0, 400).trimEnd())]
}

/** `shardId-000000000003` as `…0003`. */
export function shortShard(shardId: string): string {
  return shardId.replace(/^shardId-\d+(\d{4})$/, '…$1')
}

function shortPosition(position: string): string {
  return position.length > 14 ? `…${position.slice(-12)}` : position
}

function lagText(lagMs: number | undefined): string {
  if (lagMs === undefined) return '-'
  return lagMs < 10_000 ? `${(lagMs / 1000).toFixed(1)} s` : `${Math.round(lagMs / 1000)} s`
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}
