import type { SeededRandom } from '../../test/support/seeded-random.ts'

/** What a line is written from. */
export interface LineContext {
  readonly random: SeededRandom
  readonly date: Date
  readonly host: string
  /** The mark which tells this line from all others. */
  readonly seq: string
}

export type LineWriter = (context: LineContext) => string

/** One writer for each kind of log; all of them in UTC. */
export const writers = { access, proxyError, shop, json, system } as const

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const paths = [
  '/',
  '/search?q=caf%C3%A9&sort=price',
  '/cart',
  '/checkout?step=2&voucher=<none>',
  '/static/app.css',
  '/api/v2/items/4711',
  '/artikel/größe/42',
] as const
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15',
  'curl/8.14.1',
] as const
const customers = ['Zoë Öztürk', 'Łukasz Żak', '山田太郎', "Siobhán O'Brien", 'Ivan Ivanov'] as const
const goods = ['<b>Tee & Kaffee</b>', 'Fjällräven Kånken', '抹茶 100g', 'USB-C cable', 'crème brûlée 🍮'] as const

function access({ random, date, seq }: LineContext): string {
  const { day, month, year, time } = parts(date)
  const status = random.pick([200, 200, 200, 200, 304, 301, 404, 502])
  const request = `${random.pick(['GET', 'GET', 'GET', 'POST'])} ${random.pick(paths)} HTTP/1.1`
  const stamp = `${day}/${month}/${year}:${time} +0000`
  const size = status === 304 ? 0 : random.between(180, 48_000)
  return (
    `${address(random)} - - [${stamp}] "${request}" ${status} ${size} "-" "${random.pick(agents)}" ` +
    `rt=0.${String(random.between(1, 999)).padStart(3, '0')} ${seq}`
  )
}

function proxyError({ random, date, seq }: LineContext): string {
  const { time } = parts(date)
  const stamp = `${date.toISOString().slice(0, 10).replaceAll('-', '/')} ${time}`
  const id = random.between(1000, 99_999)
  return (
    `${stamp} [error] ${random.between(20, 40)}#0: *${id} upstream timed out (110: Connection timed out) while ` +
    `reading response header from upstream, client: ${address(random)}, server: shop.example, ` +
    `request: "GET ${random.pick(paths)} HTTP/1.1", upstream: "http://10.0.3.7:8080/" ${seq}`
  )
}

/** One in eight is an exception with its stack: an event of several lines. */
function shop({ random, date, seq }: LineContext): string {
  const stamp = date.toISOString().replace('T', ' ').replace('.', ',').replace('Z', '')
  const thread = `[http-nio-8080-exec-${random.between(1, 32)}]`
  if (random.between(1, 8) > 1) {
    return (
      `${stamp} INFO  ${thread} c.e.shop.OrderService - order ${random.between(100_000, 999_999)} of ` +
      `"${random.pick(customers)}": ${random.between(1, 5)} x ${random.pick(goods)}, total < ${random.between(5, 900)} EUR ${seq}`
    )
  }
  const frames = Array.from(
    { length: random.between(3, 9) },
    () =>
      `\tat com.example.shop.${random.pick(['Checkout', 'Stock', 'Payment'])}.` +
      `${random.pick(['<init>', 'reserve', 'lambda$pay$0'])}(Shop.java:${random.between(10, 800)})`,
  )
  return [
    `${stamp} ERROR ${thread} c.e.shop.CheckoutController - order failed & rolled back ${seq}`,
    `java.lang.IllegalStateException: stock of "${random.pick(goods)}" < 0`,
    ...frames,
    'Caused by: java.sql.SQLTransientException: could not serialize access due to concurrent update',
    `\t... ${random.between(10, 60)} more`,
  ].join('\n')
}

function json({ random, date, seq }: LineContext): string {
  return JSON.stringify({
    timestamp: date.toISOString(),
    level: random.pick(['info', 'info', 'info', 'warn']),
    trace: seq,
    msg: random.pick(['payment accepted', 'payment refused', 'Rückbuchung']),
    amount: random.between(100, 90_000) / 100,
    customer: random.pick(customers),
    tags: ['a<b', 'c&d'],
  })
}

function system({ random, date, host, seq }: LineContext): string {
  const { day, month, time } = parts(date)
  const said = random.pick([
    `sshd[${random.between(800, 32_000)}]: Accepted publickey for deploy from ${address(random)} port 51022 ssh2`,
    `kernel: [${random.between(1000, 99_999)}.${random.between(100_000, 999_999)}] eth0: link up, 1000 Mbps`,
    `postgres[${random.between(800, 32_000)}]: duration: ${random.between(1, 4000)} ms  statement: SELECT 1 WHERE a < b`,
    `CRON[${random.between(800, 32_000)}]: (root) CMD (run-parts /etc/cron.hourly >/dev/null 2>&1)`,
    `systemd[1]: Started Tägliche Sicherung.`,
  ])
  return `${month} ${day.replace(/^0/, ' ')} ${time} ${host} ${said} ${seq}`
}

function parts(date: Date): { day: string; month: string; year: string; time: string } {
  const iso = date.toISOString()
  return {
    day: iso.slice(8, 10),
    month: months[date.getUTCMonth()] ?? 'Jan',
    year: iso.slice(0, 4),
    time: iso.slice(11, 19),
  }
}

/** From the ranges kept for documentation, RFC 5737. */
function address(random: SeededRandom): string {
  return `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${random.between(1, 254)}`
}
