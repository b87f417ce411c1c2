import { encodeLogRecord } from '../../../src/codecs/log-record-encoding.ts'
import { localRegion, type LocalStream, startLocalStream } from '../../demo/local-stream.ts'

/** Numbered events in a local Kinesis, as the log sender puts them, and what a search must find of them. */
export class NumberedEvents {
  readonly count = 1000
  readonly source: string
  readonly sourcetype = 'kinloader'
  readonly host = 'kinloader-verify-host'
  readonly index: string
  readonly region = localRegion
  readonly #stream: LocalStream
  /** An hour ago in whole seconds; an event each millisecond from there. */
  readonly #beginMs = Math.floor(Date.now() / 1000) * 1000 - 3_600_000

  private constructor(stream: LocalStream, index: string) {
    this.#stream = stream
    this.source = stream.name
    this.index = index
  }

  /** Starts the Kinesis with a stream of two shards; `onStop` gets what ends it. */
  static async start(
    name: string,
    index: string,
    onStop: (stop: () => Promise<void>) => void,
  ): Promise<NumberedEvents> {
    return new NumberedEvents(await startLocalStream(name, 2, onStop), index)
  }

  get streamName(): string {
    return this.#stream.name
  }

  get endpoint(): string {
    return this.#stream.endpoint
  }

  async put(): Promise<void> {
    const { source, sourcetype, host, index, count } = this
    const metadata = { unbroken: false, source, sourcetype, host, index, encId: 1n, blockId: 0n }
    const perRecord = 50
    const entries = Array.from({ length: count / perRecord }, (_, record) => {
      const events = Array.from({ length: perRecord }, (__, i) => {
        const number = record * perRecord + i
        const timeMs = this.#beginMs + number
        const time = { seconds: Math.floor(timeMs / 1000), nanos: (timeMs % 1000) * 1_000_000 }
        // Another time in the text: that of the record has to win.
        return { data: `2001-02-03T04:05:06Z <number=${number}> & so on\n`, time }
      })
      return { data: encodeLogRecord(metadata, events), partitionKey: String(record) }
    })
    const placements = await this.#stream.put(entries)
    if (placements.includes(undefined)) throw new Error('the local Kinesis refused a record')
  }

  /** A search with one row as its result. */
  get search(): string {
    return (
      `search index="${this.index}" source="${this.source}" | rex "<number=(?<number>[0-9]+)>" ` +
      '| stats count dc(number) AS numbers min(_time) AS first max(_time) AS last ' +
      'values(host) AS hosts values(sourcetype) AS sourcetypes'
    )
  }

  /** What is wrong with the row which was found, or nothing. An event which came twice is nothing wrong. */
  faults(row: SearchRow): readonly string[] {
    const { count, sourcetype, host } = this
    const faults: string[] = []
    const compare = (what: string, found: number, wanted: number): void => {
      if (Math.abs(found - wanted) >= 0.0005) faults.push(`${what} is ${found} instead of ${wanted}`)
    }
    compare('the number of different events', Number(row['numbers']), count)
    compare('the first time', Number(row['first']), this.#beginMs / 1000)
    compare('the last time', Number(row['last']), (this.#beginMs + count - 1) / 1000)
    if (String(row['hosts']) !== host) faults.push(`the host is ${String(row['hosts'])} instead of ${host}`)
    if (String(row['sourcetypes']) !== sourcetype) {
      faults.push(`the sourcetype is ${String(row['sourcetypes'])} instead of ${sourcetype}`)
    }
    return faults
  }
}

export type SearchRow = Readonly<Record<string, string | readonly string[]>>
