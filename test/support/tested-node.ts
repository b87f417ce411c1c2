/** The Node which programs run under in tests: that of the tests, or the binary which `KINLOADER_NODE` names. */
export const testedNode = process.env['KINLOADER_NODE'] ?? process.execPath
