/**
 * Where the product's own log lines go. Level by consequence: error = data lost or a human must act; warn = odd,
 * nothing lost; info = a change of state; normal running logs nothing.
 *
 * Fields are written as logfmt (`at=put shard=… error="…"`); undefined ones are left out. Never hand in a secret.
 */
export interface Logger {
  debug(at: string, fields?: LogFields): void
  info(at: string, fields?: LogFields): void
  warn(at: string, fields?: LogFields): void
  error(at: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
