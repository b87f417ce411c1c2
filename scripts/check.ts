import { readFileSync } from 'node:fs'
import { runTools } from './check-tools.ts'

/** `npm run check`: the scripts of package.json which look at the code, the slowest first. Exit 0 when all are content. */
const names = ['lint', 'types', 'dead', 'structure', 'format']

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}
const tools = names.map((name) => ({ name, command: scripts[name] ?? `no script ${name}` }))
const isGood = await runTools(tools, {
  parallel: 2,
  say: (text) => {
    process.stdout.write(text)
  },
})
process.exitCode = isGood ? 0 : 1
