import { SeededRandom } from '../../test/support/seeded-random.ts'

/**
 * The same lines of 200 bytes for the same seed, as services write them: access log and program log in turn, each with
 * a random trace id of 128 bits, addresses, numbers and times, in a few hundred shapes. For sizes: the corpus of the
 * other rows is four tenths random letters, so that no compression of its plain text reaches a third.
 */
export function* logLines(count: number, seed = 1): Generator<string> {
  const random = new SeededRandom(seed)
  let ms = 1_767_225_600_000
  for (let i = 0; i < count; i += 1) {
    ms += random.between(0, 5)
    const line = random.next() < 0.5 ? access(random, ms) : program(random, ms)
    yield line.slice(0, lineBytes)
  }
}

export const lineBytes = 200

const paths = ['/api/v1/orders', '/api/v1/users', '/api/v2/carts', '/health', '/login', '/static/app.js', '/search']
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 (compatible; shop-web)',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  'shop-mobile/7.31.2 (Android 15; Pixel 9; en-GB) okhttp/4.12.0 build/20260101-release',
]
const services = ['orders', 'billing', 'users', 'carts', 'search', 'mail']
const places = ['Service', 'Repository', 'Controller', 'Client', 'Scheduler']
const happenings = [
  'request completed',
  'connection reset by peer, will try again',
  'cache miss, loading from the database',
  'user session has timed out',
  'payment accepted',
  'retry queued behind earlier messages',
]

function access(random: SeededRandom, ms: number): string {
  const address = `${random.between(1, 223)}.${random.between(0, 255)}.${random.between(0, 255)}.${random.between(0, 255)}`
  const request = `${random.pick(['GET', 'GET', 'POST'])} ${random.pick(paths)}/${random.between(1, 99_999)} HTTP/1.1`
  const answer = `${random.pick([200, 200, 200, 304, 404, 500])} ${random.between(100, 90_000)}`
  const seconds = (random.between(1, 2000) / 1000).toFixed(3)
  return (
    `${address} - - [${new Date(ms).toISOString()}] "${request}" ${answer} ${seconds} ${traceId(random)} ` +
    `"https://shop.example.com${random.pick(paths)}" "${random.pick(agents)}"`
  )
}

function program(random: SeededRandom, ms: number): string {
  const logger = `com.example.${random.pick(services)}.${random.pick(places)}`
  return (
    `${new Date(ms).toISOString()} ${random.pick(['INFO ', 'INFO ', 'WARN ', 'ERROR'])} ` +
    `[worker-${random.between(1, 32)}] ${logger} - ${random.pick(happenings)} trace_id=${traceId(random)} ` +
    `path=${random.pick(paths)} status=${random.pick([200, 200, 404, 500])} duration_ms=${random.between(1, 999)} ` +
    `user=${random.between(1, 99_999)} region=eu-central-1 version=7.31.2 instance=i-0a1b2c3d4e5f60718`
  )
}

function traceId(random: SeededRandom): string {
  let id = ''
  for (let i = 0; i < 4; i += 1) id += random.between(0, 0xffff_ffff).toString(16).padStart(8, '0')
  return id
}
