import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'

describe('garbage', () => {
  it('is collected when told, and buffers with it, with flags which a running V8 takes', () => {
    const module = new URL('../../src/host/garbage-collection.ts', import.meta.url).href
    const program = `
      import { collectFrugally, garbageCollector } from '${module}'
      collectFrugally()
      const collect = garbageCollector()
      for (let i = 0; i < 30; i += 1) Buffer.alloc(1_000_000)
      const before = process.memoryUsage().arrayBuffers
      collect()
      console.log(JSON.stringify([before, process.memoryUsage().arrayBuffers]))`
    const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program])
    const [before = 0, after = 0] = JSON.parse(output.toString()) as number[]
    assert.ok(before > 20_000_000 && after < 5_000_000, `${before} ${after}`)
  })
})
