import { buildCommands } from './build-commands.ts'
import { buildLibrary } from './build-library.ts'

/** What `npm pack` needs before it packs; npm starts this by itself. */
buildLibrary()
for (const [name, bytes] of await buildCommands()) {
  process.stderr.write(`dist/bin/${name}.js: ${Math.round(bytes / 1000)} kB\n`)
}
