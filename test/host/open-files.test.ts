import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { openFilesLimit } from '../../src/host/open-files.ts'

const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units     
Max processes             7680                 7680                 processes 
Max open files            ${soft.padEnd(20)} 1048576              files     
Max locked memory         8388608              8388608              bytes     
`

describe('how many files may be open', () => {
  it('is the soft limit, and unknown where there is none or nothing tells', () => {
    assert.equal(
      openFilesLimit(() => limits('65536')),
      65_536,
    )
    assert.equal(
      openFilesLimit(() => limits('unlimited')),
      undefined,
    )
    assert.equal(
      openFilesLimit(() => ''),
      undefined,
    )
    assert.equal(
      openFilesLimit(() => {
        throw new Error('no /proc')
      }),
      undefined,
    )
  })

  it('is that of this process', function () {
    if (process.platform !== 'linux') this.skip()
    const file = new URL('../../src/host/open-files.ts', import.meta.url).href
    const script = `import(${JSON.stringify(file)}).then(({ openFilesLimit }) => console.log(openFilesLimit()))`
    const line = `ulimit -n 321; exec "$0" -e '${script}'`
    assert.equal(execFileSync('sh', ['-c', line, process.execPath], { encoding: 'utf8' }), '321\n')
  })
})
