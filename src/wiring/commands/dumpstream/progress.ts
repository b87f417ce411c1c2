import { isAborted } from '../../../core/aborting.ts'
import type { Clock } from '../../../core/clock.ts'
import type { LaneStatus } from '../../../core/source.ts'
import type { ProgramHost } from '../../../host/run.ts'
import type { TerminalLine } from '../../../host/terminal-line.ts'

export interface ProgressOptions {
  readonly terminal: TerminalLine
  readonly clock: Clock
  /** Since the start; read again and again. */
  readonly figures: Readonly<Pick<DumpFigures, 'records' | 'bytes'>>
  readonly status: () => readonly LaneStatus[]
}

const everyMs = 1000
const namedShards = 3

/** `toStdout`: that is where the records go, and on the same terminal they would tear the line apart. */
export function isShown({ terminal, stdout }: Pick<ProgramHost, 'terminal' | 'stdout'>, toStdout: boolean): boolean {
  return terminal.isTerminal && !(toStdout && 'isTTY' in stdout && stdout.isTTY === true)
}

/**
 * Shows once a second how far a dump is, until the signal aborts:
 *
 *     12,345 records, 3.4 MB, 1.2 MB/s; behind: 2 h 5 min in …0012, 40 s in …0003; 6 of 8 shards caught up
 */
export async function showProgress(options: ProgressOptions, signal: AbortSignal): Promise<void> {
  const { terminal, clock, figures, status } = options
  let before = { atMs: clock.monotonic(), bytes: figures.bytes }
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal)
    if (isAborted(signal)) break
    const now = { atMs: clock.monotonic(), bytes: figures.bytes }
    const bytesPerSecond = ((now.bytes - before.bytes) * 1000) / Math.max(1, now.atMs - before.atMs)
    before = now
    terminal.show(progressText({ records: figures.records, bytes: now.bytes, bytesPerSecond }, status()))
  }
  terminal.clear()
}

export interface DumpFigures {
  readonly records: number
  readonly bytes: number
  readonly bytesPerSecond: number
}

export function progressText({ records, bytes, bytesPerSecond }: DumpFigures, lanes: readonly LaneStatus[]): string {
  const done = `${records.toLocaleString('en-US')} records, ${sizeText(bytes)}, ${sizeText(bytesPerSecond)}/s`
  return lanes.length === 0 ? `${done}; starting` : `${done}; ${lagText(lanes)}`
}

/** Shards which are behind, worst first; a trickle of milliseconds is none. */
function lagText(lanes: readonly LaneStatus[]): string {
  const open = lanes.filter(({ state }) => state !== 'closed')
  const late = open
    .map(({ lane, lagMs }) => ({ lane, lagMs: lagMs ?? Number.POSITIVE_INFINITY }))
    .filter(({ lagMs }) => lagMs >= caughtUpMs)
    .sort((a, b) => (b.lagMs === a.lagMs ? 0 : b.lagMs - a.lagMs))
  const worst = late.slice(0, namedShards).map(({ lane, lagMs }) => `${durationText(lagMs)} in ${shortName(lane)}`)
  const behind = worst.length === 0 ? '' : `behind: ${worst.join(', ')}; `
  return `${behind}${open.length - late.length} of ${open.length} shards caught up`
}

/** The pause between two answers counts as lag. */
const caughtUpMs = 3000

/** `shardId-000000000012` says eight zeros more than anybody reads. */
function shortName(lane: string): string {
  return lane.replace(/^shardId-0*(\d{4})/, '…$1')
}

function durationText(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'unknown'
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}
