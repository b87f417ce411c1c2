import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Metafile } from 'esbuild'

interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * The licences of all packages which went into `files`, a bundle, in full, each text once. Throws when a package has neither a
 * licence file nor a licence in its manifest: then it must not be shipped.
 */
export function collectLicences(metafile: Metafile, root: string, files: string): string {
  const packagesByText = new Map<string, string[]>()
  for (const folder of packageFolders(metafile)) {
    const { title, text } = readLicence(path.resolve(root, folder))
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), title])
  }
  return [
    `${files} include the packages below, each under the licence that follows its name.`,
    ...[...packagesByText].map(([text, titles]) => `${titles.join('\n')}\n\n${text}`),
  ].join(`\n\n${'-'.repeat(80)}\n\n`)
}

function packageFolders(metafile: Metafile): string[] {
  const folders = Object.keys(metafile.inputs).flatMap((input) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
    return match?.[1] === undefined ? [] : [match[1]]
  })
  return [...new Set(folders)].sort()
}

function readLicence(folder: string): { title: string; text: string } {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageManifest
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  if (file !== undefined) {
    return { title, text: `${readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()}\n` }
  }
  if (manifest.license === undefined) throw new Error(`${manifest.name} has no licence: it must not be packaged`)
  return { title, text: `(The package brings no licence text; its manifest says ${manifest.license}.)\n` }
}
