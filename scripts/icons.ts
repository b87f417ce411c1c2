import { writeFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'

/**
 * Draws the app's icons, three waves that flow into a point, and writes them to `app/static`:
 *
 *     node scripts/icons.ts
 *
 * The files are committed; Splunk asks for these sizes.
 */
const icons = [
  { name: 'appIcon', width: 36, height: 36, isAlternative: false },
  { name: 'appIcon_2x', width: 72, height: 72, isAlternative: false },
  { name: 'appIconAlt', width: 36, height: 36, isAlternative: true },
  { name: 'appIconAlt_2x', width: 72, height: 72, isAlternative: true },
  { name: 'appLogo', width: 160, height: 40, isAlternative: false },
  { name: 'appLogo_2x', width: 320, height: 80, isAlternative: false },
] as const

type Colour = readonly [red: number, green: number, blue: number, alpha: number]

const ground: Colour = [16, 60, 74, 255]
const water: Colour = [92, 214, 200, 255]
const clear: Colour = [0, 0, 0, 0]

/** Samples a side of each pixel, for smooth edges. */
const sampling = 4

function draw(width: number, height: number, isAlternative: boolean): Buffer {
  const rows: Buffer[] = []
  for (let y = 0; y < height; y++) {
    const row = Buffer.alloc(1 + width * 4) // filter type 0, then RGBA
    for (let x = 0; x < width; x++) row.set(pixel(x, y, width, height, isAlternative), 1 + x * 4)
    rows.push(row)
  }
  return png(width, height, Buffer.concat(rows))
}

function pixel(x: number, y: number, width: number, height: number, isAlternative: boolean): number[] {
  const sum = [0, 0, 0, 0]
  for (let i = 0; i < sampling * sampling; i++) {
    const u = (x + ((i % sampling) + 0.5) / sampling) / height
    const v = (y + (Math.floor(i / sampling) + 0.5) / sampling) / height
    const [red, green, blue, alpha] = colourAt(u, v, width / height, isAlternative)
    sum[0] = (sum[0] ?? 0) + red * alpha
    sum[1] = (sum[1] ?? 0) + green * alpha
    sum[2] = (sum[2] ?? 0) + blue * alpha
    sum[3] = (sum[3] ?? 0) + alpha
  }
  const [red = 0, green = 0, blue = 0, alpha = 0] = sum
  if (alpha === 0) return [0, 0, 0, 0]
  return [red / alpha, green / alpha, blue / alpha, alpha / (sampling * sampling)].map(Math.round)
}

/** In units of the height: u from 0 to `aspect`, v from 0 to 1. */
function colourAt(u: number, v: number, aspect: number, isAlternative: boolean): Colour {
  const background = isAlternative ? clear : ground
  if (!isInside(u, v, aspect)) return clear
  const along = u / aspect
  const target = aspect - 0.22
  if (Math.hypot(u - target, v - 0.5) < 0.11) return water
  if (u < 0.1 || u > target) return background
  for (const lane of [-1, 0, 1]) {
    const spread = lane * 0.24 * (1 - along ** 3)
    const wave = 0.05 * Math.sin(u * 11 + lane) * (1 - along)
    if (Math.abs(v - 0.5 - spread - wave) < 0.045) return water
  }
  return background
}

/** A rectangle with round corners. */
function isInside(u: number, v: number, aspect: number): boolean {
  const radius = 0.16
  const dx = Math.max(radius - u, u - (aspect - radius), 0)
  const dy = Math.max(radius - v, v - (1 - radius), 0)
  return Math.hypot(dx, dy) <= radius
}

function png(width: number, height: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6, 0, 0, 0], 8) // 8 bits a channel, RGBA
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const body = deflateSync(rows, { level: 9 })
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const framed = Buffer.alloc(typed.length + 8)
  framed.writeUInt32BE(body.length, 0)
  framed.set(typed, 4)
  framed.writeUInt32BE(crc32(typed), typed.length + 4)
  return framed
}

for (const { name, width, height, isAlternative } of icons) {
  writeFileSync(new URL(`../app/static/${name}.png`, import.meta.url), draw(width, height, isAlternative))
}
