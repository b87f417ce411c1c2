import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes the library, JavaScript and declarations file by file, into `dist/lib`: what `exports` in package.json names
 * and all that it imports of ours.
 */
export function buildLibrary(folder = path.join(root, 'dist/lib')): void {
  rmSync(folder, { recursive: true, force: true })
  const { options, fileNames } = readConfig(path.join(root, 'tsconfig.library.json'))
  const program = ts.createProgram(fileNames, { ...options, outDir: folder })
  const { diagnostics } = program.emit(undefined, (file, text) => {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, file.endsWith('.d.ts') ? withJavaScriptNames(text) : text)
  })
  refuse([...ts.getPreEmitDiagnostics(program), ...diagnostics])
}

/** TypeScript rewrites the names of imported files in JavaScript, not in declarations. */
function withJavaScriptNames(declarations: string): string {
  return declarations.replaceAll(/(\bfrom |\bimport\()(['"])(\.\.?\/[^'"]+)\.ts\2/g, '$1$2$3.js$2')
}

function readConfig(file: string): ts.ParsedCommandLine {
  const { config, error } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)) as {
    config: unknown
    error?: ts.Diagnostic
  }
  if (error !== undefined) refuse([error])
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(file))
  refuse(parsed.errors)
  return parsed
}

function refuse(diagnostics: readonly ts.Diagnostic[]): void {
  if (diagnostics.length === 0) return
  const host = { getCanonicalFileName: (name: string) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' }
  throw new Error(`The library does not compile.\n${ts.formatDiagnostics(diagnostics, host)}`)
}
