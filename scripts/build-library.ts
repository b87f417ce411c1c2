import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes the library, JavaScript and declarations file by file, into `dist/lib`: what `exports` in package.json names
 * and all that it imports of ours. What only types are taken from has no JavaScript there.
 */
export function buildLibrary(folder = path.join(root, 'dist/lib')): void {
  rmSync(folder, { recursive: true, force: true })
  const { options, fileNames } = readConfig(path.join(root, 'tsconfig.library.json'))
  const program = ts.createProgram(fileNames, { ...options, outDir: folder })
  const texts = new Map<string, string>()
  const { diagnostics } = program.emit(undefined, (file, text) => {
    texts.set(path.normalize(file), file.endsWith('.d.ts') ? withJavaScriptNames(text) : text)
  })
  refuse([...ts.getPreEmitDiagnostics(program), ...diagnostics])
  const doors = fileNames.map((file) => path.join(folder, path.basename(file, '.ts')))
  for (const extension of ['.js', '.d.ts']) {
    for (const [file, text] of reached(
      doors.map((door) => `${door}${extension}`),
      texts,
    )) {
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  }
}

/** The files, and all they import of the others with the same extension. */
function reached(files: readonly string[], texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const waiting = [...files]
  for (const file of waiting) {
    const text = texts.get(file)
    if (text === undefined) throw new Error(`${file} was not made.`)
    if (found.has(file)) continue
    found.set(file, text)
    for (const [, , , name = ''] of text.matchAll(importPattern)) {
      const imported = path.join(path.dirname(file), name)
      waiting.push(file.endsWith('.d.ts') ? `${imported}.d.ts` : `${imported}.js`)
    }
  }
  return found
}

/** TypeScript rewrites the names of imported files in JavaScript, not in declarations. */
function withJavaScriptNames(declarations: string): string {
  return declarations.replaceAll(importPattern, '$1$2$3.js$2')
}

/** An import of a file of ours, its name without the extension. */
const importPattern = /(\bfrom |\bimport\()(['"])(\.\.?\/[^'"]+)\.(?:ts|js)\2/g

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
