import type { LogFields, Logger } from '../../src/core/logger.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly at: string
  readonly fields: LogFields
}

/** Keeps what was logged. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = []

  debug(at: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', at, fields })
  }

  info(at: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', at, fields })
  }

  warn(at: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', at, fields })
  }

  error(at: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', at, fields })
  }

  /** Lines of these levels, as `level at`. */
  told(...levels: LogLine['level'][]): string[] {
    return this.lines.filter((line) => levels.includes(line.level)).map((line) => `${line.level} ${line.at}`)
  }

  find(at: string): readonly LogLine[] {
    return this.lines.filter((line) => line.at === at)
  }
}
