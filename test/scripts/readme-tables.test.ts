import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { commands } from '../../scripts/build-commands.ts'
import { commandDefinitions, readmeTables, readmeUrl, tablesIn, withTables } from '../../scripts/readme-tables.ts'

describe('the option tables in README.md', () => {
  const readme = readFileSync(readmeUrl, 'utf8')

  it('are what the programs go by (node scripts/readme-tables.ts writes them)', () => {
    assert.deepEqual(tablesIn(readme), readmeTables)
    assert.equal(withTables(readme), readme)
  })

  it('are there for every command', () => {
    const programs = new Set(commandDefinitions.map(({ name }) => name.split(' ')[0]))
    assert.deepEqual(programs, new Set(commands))
  })

  it('say a sentence about each flag, which the help puts into its own', () => {
    for (const { name, flags } of commandDefinitions) {
      for (const flag of flags) assert.match(flag.description, /^\S.{5,}[^.\s]$/, `${name} --${flag.name}`)
    }
  })

  it('are replaced in their places, and nothing else is', () => {
    const text =
      'a\n<!-- options: kinloader -->\nold\n<!-- options: end -->\nb\n<!-- options: other -->\nx\n<!-- options: end -->\n'
    const table = readmeTables.get('kinloader') ?? ''
    assert.equal(withTables(text), text.replace('old\n', table))
    assert.match(
      table,
      /^\| Argument \| Default \| Meaning \|\n\|---\|---\|---\|\n\| `stream` \| required \| Name or ARN/,
    )
  })
})
