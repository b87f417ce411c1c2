import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { TerminalLine } from '../../src/host/terminal-line.ts'

function terminal(isTTY: boolean): { line: TerminalLine; written: () => string } {
  let text = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return { line: new TerminalLine(Object.assign(stream, { isTTY, columns: 10 })), written: () => text }
}

describe('the line at the end of a terminal', () => {
  it('is drawn over itself, and messages are written above it', () => {
    const { line, written } = terminal(true)
    line.show('one')
    line.show('two')
    line.write('message\n')
    line.clear()
    line.clear()
    line.write('more\n')
    assert.equal(written(), '\r\u001b[Kone\r\u001b[Ktwo\r\u001b[Kmessage\ntwo\r\u001b[Kmore\n')
  })

  it('never wraps and never carries control characters', () => {
    const { line, written } = terminal(true)
    line.show('a\u001b[2Jbcdefghijklmn')
    assert.equal(written(), '\r\u001b[Ka [2Jbcde')
  })

  it('is not there when stderr is a file', () => {
    const { line, written } = terminal(false)
    line.show('one')
    line.write('message\n')
    line.clear()
    assert.equal(written(), 'message\n')
  })
})
