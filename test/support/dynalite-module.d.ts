/** The package brings no types: what is used of it. */
declare module 'dynalite' {
  import type { Server } from 'node:http'

  export default function dynalite(options: {
    createTableMs?: number
    deleteTableMs?: number
    updateTableMs?: number
  }): Server
}
