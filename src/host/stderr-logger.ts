import type { Writable } from 'node:stream'
import type { LogFields, Logger } from '../core/logger.ts'

export interface StderrLoggerOptions {
  /** Longer lines are cut, in characters. Default 8,192. */
  readonly maxLineLength?: number
  /** When more than this waits to be written, lines are dropped and counted. Default 1 MiB. */
  readonly maxWaitingBytes?: number
  /** Put before each line. Default nothing. */
  readonly prefix?: () => string
}

/**
 * The product's log: one line an event, level first, then logfmt.
 *
 *     WARN at=put stream=app failed=3 error="Rate exceeded for shard shardId-000000000001"
 *
 * splunkd takes the level from the first word and makes an entry of each line, an ERROR of each one without a level.
 * So no value ever breaks a line. A reader that does not read must not fill the memory: what does not fit is dropped,
 * and the next line that fits is preceded by one that says how many were.
 */
export function createStderrLogger(
  stream: Pick<Writable, 'writable' | 'writableLength'> & { write(text: string): boolean },
  options: StderrLoggerOptions = {},
): Logger {
  const maxLineLength = options.maxLineLength ?? 8192
  const maxWaitingBytes = options.maxWaitingBytes ?? 1024 * 1024
  const { prefix = () => '' } = options
  let dropped = 0

  const log = (level: string, at: string, fields: LogFields = {}): void => {
    if (!stream.writable) return
    if (stream.writableLength > maxWaitingBytes) {
      dropped += 1
      return
    }
    if (dropped > 0) {
      stream.write(`${prefix()}WARN at=log dropped=${dropped}\n`)
      dropped = 0
    }
    stream.write(`${prefix()}${formatLine(level, at, fields, maxLineLength)}\n`)
  }
  return {
    debug: (at, fields) => {
      log('DEBUG', at, fields)
    },
    info: (at, fields) => {
      log('INFO', at, fields)
    },
    warn: (at, fields) => {
      log('WARN', at, fields)
    },
    error: (at, fields) => {
      log('ERROR', at, fields)
    },
  }
}

/**
 * A logger whose lines never hold any of the secrets: the last line of defence, behind errors which are made without
 * them. Secrets of fewer than four characters are left alone, they would redact half of every line.
 */
export function redacting(logger: Logger, secrets: readonly string[]): Logger {
  const hidden = secrets.filter((secret) => secret.length >= 4)
  const clean = (text: string): string => hidden.reduce((rest, secret) => rest.replaceAll(secret, '********'), text)
  const cleanFields = (fields: LogFields = {}): LogFields =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value]),
    )
  return {
    debug: (at, fields) => {
      logger.debug(clean(at), cleanFields(fields))
    },
    info: (at, fields) => {
      logger.info(clean(at), cleanFields(fields))
    },
    warn: (at, fields) => {
      logger.warn(clean(at), cleanFields(fields))
    },
    error: (at, fields) => {
      logger.error(clean(at), cleanFields(fields))
    },
  }
}

function formatLine(level: string, at: string, fields: LogFields, maxLength: number): string {
  let line = `${level} at=${formatValue(at)}`
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${key.replaceAll(/[^\w.-]/g, '_')}=${formatValue(value)}`
    if (line.length > maxLength) return `${line.slice(0, maxLength - 1)}…`
  }
  return line
}

function formatValue(value: string | number | boolean): string {
  const text = String(value)
  if (/^[^\s"=\\\p{C}]+$/u.test(text)) return text
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll(/[\s\p{C}]+/gu, ' ')}"`
}
