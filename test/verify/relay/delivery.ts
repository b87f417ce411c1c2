import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose'
import assert from 'node:assert/strict'
import { type DeliveredRecord, membersOf } from '../../../scripts/s3-dump.ts'

export interface DeliveredEvent {
  readonly id: string
  readonly timestamp: number
  readonly message: string
  /** The address it came from. */
  readonly logStream: string
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const recordKeys = ['owner', 'logGroup', 'logStream', 'subscriptionFilters', 'messageType', 'logEvents']
/** Of moto. */
const account = '123456789012'
const pollMs = 100
/** moto gives objects only to who signs, whatever the signature. */
const headers = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIATESTER/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0',
}

/**
 * A delivery stream of moto's Firehose with a bucket of moto's S3 behind it, and all that has come there. Each record
 * must be what section 8 of the format says, and each event's id its own.
 */
export class Delivery {
  readonly stream: string
  readonly #bucketUrl: string
  readonly #seen = new Set<string>()
  readonly #ids = new Set<string>()
  readonly #groups = new Map<string, DeliveredEvent[]>()
  readonly objects: Buffer[] = []

  private constructor(endpoint: string, stream: string) {
    this.stream = stream
    this.#bucketUrl = `${endpoint}/${stream}`
  }

  /** `endpoint` is that of a moto server. */
  static async create(endpoint: string, stream: string): Promise<Delivery> {
    const delivery = new Delivery(endpoint, stream)
    const { status } = await fetch(delivery.#bucketUrl, { method: 'PUT', headers })
    assert.equal(status, 200)
    const client = new FirehoseClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' },
    })
    try {
      await client.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: stream,
          ExtendedS3DestinationConfiguration: {
            RoleARN: `arn:aws:iam::${account}:role/firehose`,
            BucketARN: `arn:aws:s3:::${stream}`,
          },
        }),
      )
    } finally {
      client.destroy()
    }
    return delivery
  }

  /** What has come from that port, in the order in which it came. */
  events(format: 'syslog' | 'gelf', port: number): readonly DeliveredEvent[] {
    return this.#groups.get(`/kinesyslog/${format}/${port}`) ?? []
  }

  /** The events of each logGroup. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#groups].map(([group, { length }]) => [group, length] as const).sort())
  }

  /** Resolves with the events of a port when there are so many, or after the time-out with those there are. */
  async wait(
    format: 'syslog' | 'gelf',
    port: number,
    count: number,
    timeoutMs = 12_000,
  ): Promise<readonly DeliveredEvent[]> {
    const endMs = performance.now() + timeoutMs
    await this.refresh()
    while (this.events(format, port).length < count && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, pollMs))
      await this.refresh()
    }
    return this.events(format, port)
  }

  /**
   * Reads the objects which are new. The keys tell the order only to the second: those of one look may be in any, which
   * matters to nobody who uploads once a second.
   */
  async refresh(): Promise<void> {
    const listing = await (await fetch(`${this.#bucketUrl}?list-type=2&max-keys=1000`, { headers })).text()
    assert.doesNotMatch(listing, /<IsTruncated>true/)
    const keys = [...listing.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key).sort()
    for (const key of keys) {
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      const answer = await fetch(`${this.#bucketUrl}/${key}`, { headers })
      assert.equal(answer.status, 200)
      this.#take(Buffer.from(await answer.arrayBuffer()))
    }
  }

  #take(object: Buffer): void {
    this.objects.push(object)
    for (const member of membersOf(object)) {
      const record = JSON.parse(member) as DeliveredRecord
      const { owner, logGroup, logStream, subscriptionFilters, messageType, logEvents } = record
      assert.deepEqual(Object.keys(record), recordKeys)
      assert.deepEqual([owner, subscriptionFilters, messageType], [account, [logGroup], 'DATA_MESSAGE'])
      assert.ok(!member.endsWith('\n') && logEvents.length > 0)
      const events = this.#groups.get(logGroup) ?? []
      this.#groups.set(logGroup, events)
      for (const event of logEvents) {
        assert.deepEqual(Object.keys(event), ['id', 'timestamp', 'message'])
        assert.match(event.id, guid)
        assert.ok(Number.isSafeInteger(event.timestamp))
        assert.ok(!this.#ids.has(event.id), `the id ${event.id} came twice`)
        this.#ids.add(event.id)
        events.push({ ...event, logStream })
      }
    }
  }
}
