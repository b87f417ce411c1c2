import type { Certificate } from './certificates.ts'
import { mustRun, runProgram } from './real-program.ts'

export interface OpensslTarget {
  readonly port: number
  /** Of the authority which the relay's certificate must be of. */
  readonly ca: string
  /** What the client shows. */
  readonly certificate?: Certificate | undefined
  /** Further options of `s_client`. */
  readonly options?: readonly string[]
}

/** Sends lines by `openssl s_client`, which closes after them. */
export async function sendByOpenssl(target: OpensslTarget, lines: readonly string[]): Promise<void> {
  await mustRun('openssl', argsOf(target), { input: lines.join('') })
}

/** Likewise, where the relay may refuse the client: then it is left to OpenSSL how that ends. */
export async function trySendByOpenssl(target: OpensslTarget, lines: readonly string[]): Promise<void> {
  await runProgram('openssl', argsOf(target), { input: lines.join('') })
}

function argsOf({ port, ca, certificate, options = [] }: OpensslTarget): readonly string[] {
  const own = certificate === undefined ? [] : ['-cert', certificate.cert, '-key', certificate.key]
  const checks = ['-CAfile', ca, '-verify_return_error', '-verify_ip', '127.0.0.1']
  // Without -nocommands a line with a Q would end it.
  const manner = ['-quiet', '-no_ign_eof', '-nocommands']
  return ['s_client', '-connect', `127.0.0.1:${port}`, ...manner, ...checks, ...own, ...options]
}
