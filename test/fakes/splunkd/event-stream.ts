/** An event as splunkd would take it off a modular input's standard output. */
export interface SplunkEvent {
  /** The text of `<time>` as it was written; absent fields were not in the event. */
  readonly time?: string
  readonly host?: string
  readonly source?: string
  readonly sourcetype?: string
  readonly index?: string
  readonly data?: string
  /** From the attribute. */
  readonly stanza?: string
  readonly unbroken: boolean
  readonly done: boolean
}

type Field = 'time' | 'host' | 'source' | 'sourcetype' | 'index' | 'data'
const fields = new Set<string>(['time', 'host', 'source', 'sourcetype', 'index', 'data'])
/** Behind each of these the reader stands between events. None can occur in a text: `<` is always escaped there. */
const borders = ['</event>', '</stream>', '<stream>'].map((text) => Buffer.from(text))
const longestBorder = '</stream>'.length
const maxEventBytes = 64 * 1024 * 1024

/**
 * Reads `<stream>` documents as they arrive, chunk by chunk, keeping no more than the event which is not complete yet.
 * White space between elements and further whole `<stream>` documents are fine. It is strict where an XML parser would
 * be: whatever is not well-formed, not UTF-8, or not legal in XML 1.0 throws, with the text around it.
 *
 * CDATA and comments are not understood, and throw.
 */
export class EventStreamParser {
  /** Whether a `</stream>` was read, with nothing but white space behind it. */
  closed = false
  #opened = false
  #parts: Buffer[] = []
  #bytes = 0
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  /** The events which are complete now. Keeps a copy of what it needs, never the chunk. */
  push(chunk: Uint8Array): SplunkEvent[] {
    const fresh = Buffer.from(chunk)
    const end = this.#lastBorder(fresh)
    if (end === 0) {
      this.#keep(fresh)
      return []
    }
    const text = this.#decode(Buffer.concat([...this.#parts, fresh.subarray(0, end)]))
    this.#parts = []
    this.#bytes = 0
    this.#keep(fresh.subarray(end))
    const events: SplunkEvent[] = []
    let at = 0
    while (at < text.length) {
      at = this.#between(text, at)
      if (at < text.length) at = readEvent(text, at, events)
    }
    return events
  }

  /** At the end of the output. Throws when it ends inside an event or the stream was not closed. */
  end(): void {
    const rest = this.#decode(Buffer.concat(this.#parts))
    this.#parts = []
    this.#bytes = 0
    if (this.#between(rest, 0) < rest.length) throw malformed('the output ends inside an event', rest, 0)
    if (this.#opened && !this.closed) throw new Error('the output ends without </stream>')
  }

  /** Where the last border in what is held and `fresh` ends, counted from the beginning of `fresh`; 0 for none. */
  #lastBorder(fresh: Buffer): number {
    const within = Math.max(...borders.map((border) => endOf(border, fresh)))
    if (within > 0) return within
    const held = Buffer.concat(this.#parts.slice(-longestBorder)).subarray(-(longestBorder - 1))
    const seam = Buffer.concat([held, fresh.subarray(0, longestBorder)])
    return Math.max(0, ...borders.map((border) => endOf(border, seam) - held.length))
  }

  #keep(rest: Buffer): void {
    // White space between events may go on for ever: it is no reason to hold anything.
    let start = 0
    if (this.#bytes === 0) while (start < rest.length && isSpace(rest[start] ?? 0)) start += 1
    if (start === rest.length) return
    this.#parts.push(rest.subarray(start))
    this.#bytes += rest.length - start
    if (this.#bytes > maxEventBytes) throw new Error(`an event is longer than ${maxEventBytes} bytes`)
  }

  #decode(bytes: Buffer): string {
    const text = this.#utf8.decode(bytes)
    // XML 1.0, section 2.2: these can appear in no document, not even escaped. Surrogates are UTF-8's business.
    const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.exec(text)
    if (illegal !== null) throw malformed('a character which is illegal in XML 1.0', text, illegal.index)
    // XML 1.0, section 2.11: a parser folds raw line ends before anything else.
    return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
  }

  /** Passes what may stand between events; answers where the next event begins, or the end of the text. */
  #between(text: string, from: number): number {
    let at = from
    for (;;) {
      while (at < text.length && isSpace(text.charCodeAt(at))) at += 1
      if (at === text.length) return at
      if (text.startsWith('<event', at)) {
        if (!this.#opened || this.closed) throw malformed('an event outside <stream>', text, at)
        return at
      }
      if (text.startsWith('<?xml', at) && !this.#opened) {
        const end = text.indexOf('?>', at)
        if (end < 0) return text.length
        at = end + 2
      } else if (text.startsWith('<stream>', at) && (!this.#opened || this.closed)) {
        this.#opened = true
        this.closed = false
        at += '<stream>'.length
      } else if (text.startsWith('</stream>', at) && this.#opened && !this.closed) {
        this.closed = true
        at += '</stream>'.length
      } else throw malformed('neither an event nor a stream', text, at)
    }
  }
}

function endOf(border: Buffer, bytes: Buffer): number {
  const at = bytes.lastIndexOf(border)
  return at < 0 ? 0 : at + border.length
}

/** Reads `<event …>…</event>` which begins at `from`, and answers where it ends. */
function readEvent(text: string, from: number, events: SplunkEvent[]): number {
  const headEnd = text.indexOf('>', from)
  const event: { -readonly [Key in keyof SplunkEvent]: SplunkEvent[Key] } = { unbroken: false, done: false }
  const head = text.slice(from + '<event'.length, headEnd)
  if (head !== '') readAttributes(head, event, text, from)
  let at = headEnd + 1
  for (;;) {
    while (isSpace(text.charCodeAt(at))) at += 1
    if (text.charCodeAt(at) !== 60) throw malformed('text between the elements of an event', text, at)
    if (text.startsWith('</event>', at)) break
    const end = text.indexOf('>', at)
    const empty = text.charCodeAt(end - 1) === 47
    const name = text.slice(at + 1, empty ? end - 1 : end).trimEnd()
    at = end + 1
    let value = ''
    if (!empty) {
      const close = text.indexOf('<', at)
      if (!text.startsWith(`</${name}>`, close)) throw malformed(`<${name}> is not closed`, text, at)
      value = unescaped(text.slice(at, close), text, at)
      at = close + name.length + 3
    }
    if (name === 'done') event.done = true
    else if (!isField(name)) throw malformed(`<${name}> is no element of an event`, text, at)
    else if (event[name] !== undefined) throw malformed(`<${name}> comes twice`, text, at)
    else event[name] = value
  }
  events.push(event)
  return at + '</event>'.length
}

function isField(name: string): name is Field {
  return fields.has(name)
}

function readAttributes(head: string, event: { stanza?: string; unbroken: boolean }, text: string, from: number): void {
  if (!/^(\s+[a-z]+="[^"<]*")+\s*$/.test(head)) throw malformed('attributes which are not well-formed', text, from)
  for (const [, name = '', value = ''] of head.matchAll(/([a-z]+)="([^"]*)"/g)) {
    if (name === 'stanza') event.stanza = unescaped(value, text, from)
    else if (name === 'unbroken') event.unbroken = value === '1'
    else throw malformed(`the attribute ${name}`, text, from)
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(value: string, text: string, at: number): string {
  if (!value.includes('&')) return value
  return value.replaceAll(/&([^;&\s]*;?)/g, (whole, body: string) => {
    const known = body.endsWith(';') ? entities[body.slice(0, -1)] : undefined
    if (known !== undefined) return known
    const code = /^#(?:x([0-9a-fA-F]+)|([0-9]+));$/.exec(body)
    const point = code === null ? 0 : code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16)
    // A reference may name only what may stand there as it is: &#0; and &#27; are errors too.
    const legal =
      point === 9 ||
      point === 10 ||
      point === 13 ||
      (point >= 32 && point < 0xd800) ||
      (point > 0xdfff && point < 0xfffe)
    if (!legal && !(point > 0xffff && point <= 0x10ffff)) throw malformed(`the reference ${whole}`, text, at)
    return String.fromCodePoint(point)
  })
}

function isSpace(code: number): boolean {
  return code === 10 || code === 32 || code === 13 || code === 9
}

function malformed(what: string, text: string, at: number): Error {
  const around = JSON.stringify(text.slice(Math.max(0, at - 60), at + 120))
  return new Error(`the event stream is malformed: ${what} at ${around}`)
}
