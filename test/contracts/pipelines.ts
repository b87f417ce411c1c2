import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { CreateStreamCommand, DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { awsRequestHandler, createKinesisClient } from '../../src/clients/aws.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { CommandShell, type ShellEnd } from '../support/command-shell.ts'

export interface PipelineEndpoint {
  readonly endpoint: string
  readonly region: string
  close(): Promise<void>
}

/** What users type, in a real shell, against a Kinesis which is not ours. */
export function pipelinesContract(name: string, open: () => Promise<PipelineEndpoint>): void {
  describe(`pipelines of commands against ${name}`, function () {
    this.timeout(60_000)
    const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }
    let service: PipelineEndpoint
    let client: KinesisClient
    let shell: CommandShell
    let stream: string

    before(async () => {
      service = await open()
      const { region, endpoint } = service
      const requestHandler = awsRequestHandler({ endpoint })
      client = createKinesisClient({
        region,
        endpoint,
        credentials: () => Promise.resolve(credentials),
        requestHandler,
      })
    })

    after(async () => {
      client.destroy()
      await service.close()
    })

    beforeEach(async () => {
      stream = `logs-${randomBytes(4).toString('hex')}`
      await createStream(client, stream, 2)
      shell = new CommandShell({
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_REGION: service.region,
        AWS_ENDPOINT_URL_KINESIS: service.endpoint,
      })
    })

    afterEach(() => {
      shell.close()
    })

    it('echo | log2kinesis send, and dumpstream | logdecode gives it back', async () => {
      good(await shell.run(`echo "Test log entry" | log2kinesis send --stream-name ${stream} --source=test-script`))
      const dumped = good(
        await shell.run(
          `set -o pipefail; dumpstream --stream-name ${stream} --default-to-horizon --until-now | tee dump | logdecode`,
        ),
      )
      assert.match(dumped, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) Test log entry\n$/)
      const event = JSON.parse(good(await shell.run('logdecode --format json <dump'))) as Record<string, unknown>
      assert.deepEqual(
        { ...event, enc_id: 0, seq: '', partition_key: '', approx_arrival_time: '' },
        {
          unbroken: false,
          source: 'test-script',
          sourcetype: 'generic',
          host: hostname(),
          index: '',
          enc_id: 0,
          block_id: 0,
          log_timestamp: null,
          event: dumped,
          approx_arrival_time: '',
          partition_key: '',
          seq: '',
        },
      )
    })

    it('the output of a command as one event, and the whole stream into files', async () => {
      shell.command('df', 'echo "df $*"; echo "Filesystem Size"; echo; echo "/dev/vda 252G"')
      good(
        await shell.run(
          `log2kinesis send --stream-name ${stream} --source=system-disk-space --split-mode none --host web-1 df -- -H`,
        ),
      )
      const running = shell.start(
        `set -o pipefail; dumpstream --stream-name ${stream} --default-to-horizon | ` +
          "logdecode --target-filepath 'output/%source%/%source%-%host%.log'",
      )
      const file = 'output/system-disk-space/system-disk-space-web-1.log'
      await until(() => shell.read(file).endsWith('\n'))
      shell.signal('dumpstream', 'SIGTERM')
      assert.equal(good(await running.ended), '')
      assert.match(shell.read(file), /^\S+ df -H\nFilesystem Size\n\n\/dev\/vda 252G\n$/)
    })

    it('a live tail shows what comes after it began', async () => {
      const send = `log2kinesis send --stream-name ${stream} --source app --timestamp ''`
      good(await shell.run(`echo before | ${send}`))
      // The tip is asked for in whole seconds, as the service tells its time.
      const beganMs = Date.now() + 1100
      await until(() => Date.now() > beganMs)
      const tail = shell.start(`set -o pipefail; dumpstream --stream-name ${stream} 2>/dev/null | logdecode`)
      // Nobody tells when it has begun: send until something comes.
      for (let i = 0; tail.stdout() === '' && i < 40; i += 1) good(await shell.run(`echo later-${i} | ${send}`))
      shell.signal('dumpstream', 'SIGTERM')
      assert.match(good(await tail.ended), /^(later-\d+\n)+$/)
    })

    it('all bytes come back, as JSON lines and raw, and head may leave early', async () => {
      // Lines which gzip cannot make much smaller, so that they are many records; one of them is no valid UTF-8.
      shell.command('lines', "head -c 300000 /dev/urandom | base64 -w 99; printf 'caf\\351 \\303\\251\\n'")
      const send = `log2kinesis send --stream-name ${stream} --source app --timestamp ''`
      const dump = `dumpstream --stream-name ${stream} --default-to-horizon --until-now`
      good(await shell.run(`set -o pipefail; lines | tee lines | ${send}`))
      // Records of several shards come in any order.
      good(await shell.run('LC_ALL=C sort lines >sorted'))
      good(await shell.run(`set -o pipefail; ${dump} | logdecode | LC_ALL=C sort | cmp - sorted`))
      good(
        await shell.run(
          `set -o pipefail; ${dump} --data-format raw >raw; logdecode <raw | LC_ALL=C sort | cmp - sorted`,
        ),
      )
      const objects = good(await shell.run('set -o pipefail; zcat raw | grep -c is_done'))
      assert.equal(objects, good(await shell.run('wc -l <lines')))

      const head = await shell.run(`${dump} | logdecode | head -1; echo "\${PIPESTATUS[@]}"`)
      assert.match(good(head), /^.+\n0 0 0\n$/)
    })

    it('an input without end ends with the reader of its output', async () => {
      const script = 'yes | log2kinesis send --stream-name testsplit --source app | head -1; echo "${PIPESTATUS[@]}"'
      assert.match(good(await shell.run(script)), /\n141 0 0\n$/)
    })
  })
}

/** What it printed, when it ended well and had nothing to complain of: dumpstream logs how it reads. */
function good({ code, stdout, stderr }: ShellEnd): string {
  assert.equal(stderr.replaceAll(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d INFO at=.*\n/gm, ''), '')
  assert.equal(code, 0)
  return stdout.toString()
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition() && i < 400; i += 1) await systemClock.sleep(50)
  assert.ok(condition())
}

async function createStream(client: KinesisClient, stream: string, shards: number): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }))
  for (let i = 0; i < 200; i += 1) {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }))
    if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return
    await systemClock.sleep(25)
  }
  assert.fail(`${stream} does not become active`)
}
