import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runTools, type Tool } from '../../scripts/check-tools.ts'

async function run(...commands: string[]): Promise<{ isGood: boolean; said: readonly string[] }> {
  const said: string[] = []
  const tools: Tool[] = commands.map((command, i) => ({ name: `tool-${i}`, command }))
  const isGood = await runTools(tools, { parallel: 2, say: (text) => said.push(text) })
  return { isGood, said: said.sort() }
}

describe('the tools of `make check`', () => {
  it('are content when all are, and what they say is shown', async () => {
    assert.deepEqual(await run('exit 0', 'echo a warning >&2', 'true'), {
      isGood: true,
      said: ['ok    tool-0\n', 'ok    tool-1\na warning\n', 'ok    tool-2\n'],
    })
  })

  for (const [what, command] of [
    ['complains', 'echo an error; exit 3'],
    ['is killed', 'echo an error; kill -9 $$'],
    ['is not there', 'echo an error; no-such-tool 2>/dev/null'],
  ] as const) {
    it(`fail together when one ${what}, and the others run all the same`, async () => {
      assert.deepEqual(await run(command, 'true', 'echo more'), {
        isGood: false,
        said: [`FAILS tool-0: ${command}\nan error\n`, 'ok    tool-1\n', 'ok    tool-2\nmore\n'],
      })
    })
  }

  it('run two at a time', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'check-tools-'))
    try {
      const pipe = path.join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      // Each waits for the other one.
      assert.ok((await run(`echo >${pipe}`, `read x <${pipe}`)).isGood)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
