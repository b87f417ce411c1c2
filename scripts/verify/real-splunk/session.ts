import { request } from 'node:https'
import { request as plainRequest } from 'node:http'
import { isIP } from 'node:net'
import { SplunkdClient } from '../../../src/clients/splunkd.ts'

export interface SplunkLogin {
  /** `https://127.0.0.1:8089` */
  readonly managementUri: string
  readonly username: string
  readonly password: string
}

const timeoutMs = 30_000

/** Logs in to splunkd's management port. A restart of splunkd ends the session. */
export async function openSplunkSession({ managementUri, username, password }: SplunkLogin): Promise<SplunkdClient> {
  const url = new URL('/services/auth/login', managementUri)
  const form = new URLSearchParams({ username, password, output_mode: 'json' }).toString()
  const { status, text } = await post(url, form)
  if (status === 401) {
    throw new Error(`${managementUri} does not take SPLUNK_USERNAME and SPLUNK_PASSWORD; correct them`)
  }
  const key = /"sessionKey"\s*:\s*"([^"]+)"/.exec(text)?.[1]
  if (status !== 200 || key === undefined) throw new Error(`${managementUri} answered the login with ${status}`)
  return new SplunkdClient({ serverUri: managementUri, sessionKey: key, timeoutMs })
}

function post(url: URL, form: string): Promise<{ readonly status: number; readonly text: string }> {
  // Splunk's own certificate is self-signed; on the loopback nobody is in between.
  const isLocal = url.hostname === 'localhost' || (isIP(url.hostname) === 4 && url.hostname.startsWith('127.'))
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) },
    signal: AbortSignal.timeout(timeoutMs),
  }
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'http:' ? plainRequest(url, options) : request(url, { ...options, rejectUnauthorized: !isLocal })
    sent.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.once('error', reject)
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, text })
      })
    })
    sent.once('error', (error) => {
      reject(
        new Error(
          `${url.origin} cannot be reached (${error.message}); start that Splunk, or set SPLUNK_MANAGEMENT_URI`,
        ),
      )
    })
    sent.end(form)
  })
}
