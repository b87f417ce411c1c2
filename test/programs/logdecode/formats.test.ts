import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { line, logdecode, record } from './logdecode-run.ts'

const time = { seconds: 1493640000, nanos: 123456789 }

describe('what logdecode prints', () => {
  const events = line(
    record([
      'Test log entry\n',
      { data: 'second', time },
      '',
      { data: Buffer.from('<b>&("\ta\xff\xe4', 'latin1') },
      { data: 'ünï', time: { seconds: 0, nanos: 0 } },
    ]),
  )

  it('raw: the bytes of the events, a line feed only where it is missing, and nothing for an empty one', async () => {
    const { code, stdout, stderr } = await logdecode([], events)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.equal(
      stdout,
      Buffer.concat([
        Buffer.from('Test log entry\nsecond\n'),
        Buffer.from('<b>&("\ta\xff\xe4\n', 'latin1'),
        Buffer.from('ünï\n'),
      ]).toString(),
    )
  })

  it('json: an object an event, all keys in order, ids digit for digit, no time after one with time', async () => {
    const { code, stdout } = await logdecode(['--format', 'json'], events)
    const head =
      '{"unbroken":false,"source":"test-script","sourcetype":"generic","host":"godev","index":"",' +
      '"enc_id":4611686018427387905,"block_id":0,"log_timestamp":'
    const tail = ',"approx_arrival_time":"2017-05-01T12:00:01.5Z","partition_key":"broken-1","seq":"4959"}\n'
    assert.equal(code, 0)
    assert.equal(
      stdout,
      [
        `${head}null,"event":"Test log entry\\n"${tail}`,
        `${head}"2017-05-01T12:00:00.123456789Z","event":"second"${tail}`,
        `${head}null,"event":""${tail}`,
        `${head}null,"event":"\\u003cb\\u003e\\u0026(\\"\\ta\ufffd\ufffd"${tail}`,
        `${head}"1970-01-01T00:00:00Z","event":"ünï"${tail}`,
      ].join(''),
    )
  })

  it('json, indented; ids up to 2^63-2 and unbroken streams; no batch id', async () => {
    const more = { unbroken: true, encId: 2n ** 63n - 2n, blockId: 2n ** 53n + 1n, batchId: 'b', index: '<main>' }
    const input = line(record([{ data: 'x', time, done: false }], more)).replace('"broken-1"', '"ä\\u0026\\""')
    const { stdout } = await logdecode(['--format=json', '--indent-json'], input)
    assert.equal(
      stdout,
      [
        '{',
        '  "unbroken": true,',
        '  "source": "test-script",',
        '  "sourcetype": "generic",',
        '  "host": "godev",',
        '  "index": "\\u003cmain\\u003e",',
        '  "enc_id": 9223372036854775806,',
        '  "block_id": 9007199254740993,',
        '  "log_timestamp": "2017-05-01T12:00:00.123456789Z",',
        '  "event": "x",',
        '  "approx_arrival_time": "2017-05-01T12:00:01.5Z",',
        '  "partition_key": "ä\\u0026\\"",',
        '  "seq": "4959"',
        '}',
        '',
      ].join('\n'),
    )
    // A chunk of a stream which goes on is not ended.
    assert.equal((await logdecode([], input)).stdout, 'x')
  })

  it('messages of CloudWatch Logs, gzip of any text, probes and records of any size', async () => {
    const cloudWatch = gzipSync(
      '{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"10.0.0.1","subscriptionFilters":[],' +
        '"logEvents":[{"id":"1","timestamp":1519247270240,"message":"from CloudWatch"}]}',
    )
    const mark = '__null__'
    const probe = record(['x'], { source: mark, sourcetype: mark, host: mark, index: mark })
    const long = 'y'.repeat(9_000_000)
    const input = [
      line(cloudWatch),
      line(gzipSync('any\n\ntext')),
      line(probe),
      line(record([])),
      line(
        gzipSync(Buffer.from(`{"unbroken":false}\n{"data":"${Buffer.from(long).toString('base64')}"}`), { level: 0 }),
      ),
    ].join('\n')
    const { code, stdout, stderr } = await logdecode([], input)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.ok(stdout === `from CloudWatch\nany\n\ntext\n${long}\n`, stdout.slice(0, 100))
    const json = await logdecode(['--format', 'json'], line(cloudWatch))
    assert.match(
      json.stdout,
      /"source":"g:10\.0\.0\.1","sourcetype":"","host":"10\.0\.0\.1".*"log_timestamp":"2018-02-21T21:07:50\.24Z"/,
    )
  })

  it('what dumpstream printed raw, with nothing known of the records', async () => {
    const raw = Buffer.concat([record(['one']), record(['two'], { source: 's' }), gzipSync('three')])
    assert.equal((await logdecode([], raw)).stdout, 'one\ntwo\nthree\n')
    const { stdout } = await logdecode(['--format', 'json'], raw)
    const tail = ',"approx_arrival_time":"0001-01-01T00:00:00Z","partition_key":"","seq":""}'
    assert.equal(stdout.split('\n').filter((text) => text.endsWith(tail)).length, 3)
  })

  it('batches once only, when repeats are dropped', async () => {
    const input = line(record(['a'], { batchId: '1' })) + line(record(['b'])) + line(record(['a'], { batchId: '1' }))
    assert.equal((await logdecode([], input)).stdout, 'a\nb\na\n')
    assert.deepEqual(await logdecode(['--drop-repeats'], input), {
      code: 0,
      stdout: 'a\nb\n',
      stderr: 'logdecode: dropped 1 of 3 records, which had come before.\n',
    })
  })
})
