/** As the original had them, from sysexits.h. */
export const relayExitCodes = { internal: 1, noPermission: 77, configuration: 78 } as const

/** The exit code for the code of an error which ended the program. */
export function relayExitCode(code: string): number {
  if (/^(EACCES|EPERM|EROFS|.+_DENIED|SPOOL_READ_ONLY)$/.test(code)) return relayExitCodes.noPermission
  // These end one which ran: nothing is wrong with its configuration, and it is to be started again.
  if (['WORKER', 'WORKER_START', 'SPOOL_LOST'].includes(code)) return relayExitCodes.internal
  // Our own errors say what to do, and so does the configuration; whatever else was thrown is a fault of ours.
  return code === 'CONFIGURATION' || (/^[A-Z]+(_[A-Z]+)+$/.test(code) && !code.startsWith('ERR_'))
    ? relayExitCodes.configuration
    : relayExitCodes.internal
}
