import assert from 'node:assert/strict'
import { createServer as createTlsServer } from 'node:https'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import {
  awsCredentials,
  awsRequestHandler,
  createKinesisClient,
  type CredentialOptions,
  type RequestHandlerOptions,
} from '../../src/clients/aws.ts'
import { kinesisFault } from '../../src/clients/kinesis-errors.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { type EngineOptions, KinesisEngine } from '../fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { answerSts } from '../fakes/kinesis/sts.ts'
import { startHttpProxy } from '../support/http-proxy.ts'
import { selfSigned } from '../support/self-signed.ts'

const region = 'us-east-1'
const key = { accessKeyId: 'AKIAGIVEN', secretAccessKey: 'secret of the given key' }

describe('the way to AWS', () => {
  const closing: (() => Promise<unknown>)[] = []
  let engine: KinesisEngine
  let door: HttpDoor

  const open = async (options: Partial<EngineOptions> = {}): Promise<void> => {
    engine = new KinesisEngine({ clock: systemClock, limits: 'none', ...options })
    door = await startKinesisServer(engine, { clock: systemClock })
    closing.push(() => door.close())
  }
  const client = (
    credentials: ReturnType<typeof awsCredentials>,
    { endpoint = door.endpoint, ...options }: RequestHandlerOptions = {},
  ): KinesisClient => {
    const made = createKinesisClient({
      region,
      endpoint,
      credentials,
      requestHandler: awsRequestHandler({ endpoint, ...options }),
    })
    closing.push(async () => {
      made.destroy()
    })
    return made
  }
  const credentialsOf = (options: Partial<CredentialOptions>): ReturnType<typeof awsCredentials> =>
    awsCredentials({ region, environment: {}, requestHandler: awsRequestHandler(), ...options })
  const ask = (asking: KinesisClient): Promise<unknown> => asking.send(new ListStreamsCommand())

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  describe('with credentials', () => {
    it('of a given key, whatever the environment says', async () => {
      const environment = { AWS_ACCESS_KEY_ID: 'AKIAOTHER', AWS_SECRET_KEY_ID: 'other' }
      assert.deepEqual(await credentialsOf({ key, environment })(), key)
      await open({ accessKeyIds: [key.accessKeyId] })
      await ask(client(credentialsOf({ key })))
    })

    it("of the environment under kinlog's name for the secret, session token included", async () => {
      const environment = { AWS_ACCESS_KEY_ID: 'AKIALEGACY', AWS_SECRET_KEY_ID: 'legacy' }
      const legacy = { accessKeyId: 'AKIALEGACY', secretAccessKey: 'legacy' }
      assert.deepEqual(await credentialsOf({ environment })(), legacy)
      assert.deepEqual(await credentialsOf({ environment: { ...environment, AWS_SESSION_TOKEN: 'token' } })(), {
        ...legacy,
        sessionToken: 'token',
      })
    })

    describe('as the SDK finds them', () => {
      let saved: NodeJS.ProcessEnv
      let folder: string

      const forget = (): void => {
        for (const name of Object.keys(process.env)) {
          if (name.startsWith('AWS_')) Reflect.deleteProperty(process.env, name)
        }
      }

      beforeEach(async () => {
        saved = { ...process.env }
        folder = await mkdtemp(join(tmpdir(), 'kinloader-aws-'))
        forget()
        process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
        process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials')
        process.env['AWS_CONFIG_FILE'] = join(folder, 'config')
      })

      afterEach(async () => {
        forget()
        Object.assign(process.env, saved)
        await rm(folder, { recursive: true })
      })

      it('in the environment, whose own name for the secret comes before kinlog’s', async () => {
        Object.assign(process.env, {
          AWS_ACCESS_KEY_ID: 'AKIAOWN',
          AWS_SECRET_ACCESS_KEY: 'own',
          AWS_SECRET_KEY_ID: 'legacy',
        })
        const { accessKeyId, secretAccessKey } = await credentialsOf({ environment: process.env })()
        assert.deepEqual([accessKeyId, secretAccessKey], ['AKIAOWN', 'own'])
      })

      it('and says so when there are none', async () => {
        await assert.rejects(credentialsOf({ environment: process.env })(), (error) => {
          assert.equal(kinesisFault(error), 'credentials')
          return true
        })
      })
    })

    describe('of a role', () => {
      const role = { arn: 'arn:aws:iam::123456789012:role/reader', externalId: 'customer-7', sessionName: 'splunk-1' }
      const forms: URLSearchParams[] = []

      /** The fake's STS, with a look at what is asked. */
      const startSts = async (): Promise<string> => {
        forms.length = 0
        const server = createHttpServer((request, response) => {
          const chunks: Buffer[] = []
          request.on('data', (chunk: Buffer) => chunks.push(chunk))
          request.on('end', () => {
            const body = Buffer.concat(chunks)
            forms.push(new URLSearchParams(body.toString()))
            const answer = answerSts(engine, { headers: { authorization: request.headers.authorization }, body })
            response.writeHead(answer.status, answer.headers).end(answer.body)
          })
        })
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        closing.push(
          () =>
            new Promise((resolve) => {
              server.close(resolve)
              server.closeAllConnections()
            }),
        )
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      }

      it('assumed with the base key, the external ID and the session name, once for many calls', async () => {
        await open({ accessKeyIds: [key.accessKeyId] })
        const asking = client(credentialsOf({ key, role, stsEndpoint: await startSts() }))
        for (let i = 0; i < 3; i += 1) await ask(asking)
        assert.equal(forms.length, 1)
        const { RoleArn, RoleSessionName, ExternalId, Action } = Object.fromEntries(forms[0] ?? [])
        assert.deepEqual(
          { RoleArn, RoleSessionName, ExternalId, Action },
          { RoleArn: role.arn, RoleSessionName: 'splunk-1', ExternalId: 'customer-7', Action: 'AssumeRole' },
        )
      })

      it('are the ones of the role, not of the base', async () => {
        await open()
        const stsEndpoint = await startSts()
        const { accessKeyId, sessionToken } = await credentialsOf({ key, role, stsEndpoint })()
        assert.deepEqual([accessKeyId, sessionToken], ['ASIAREADER', 'token for customer-7'])
        await credentialsOf({ key, role: { ...role, externalId: undefined }, stsEndpoint })()
        assert.equal(forms[1]?.has('ExternalId'), false)
      })

      it('which may not be assumed is an error of who asks', async () => {
        await open()
        engine.access.deny('AssumeRole')
        const asking = client(credentialsOf({ key, role, stsEndpoint: await startSts() }))
        await assert.rejects(ask(asking), (error) => kinesisFault(error) === 'denied')
        assert.equal(forms.length, 1, 'a refusal is not asked for again')
      })
    })
  })

  describe('on connections', () => {
    it('which are kept', async () => {
      await open()
      const asking = client(credentialsOf({ key }))
      for (let i = 0; i < 5; i += 1) await ask(asking)
      assert.equal(door.connections(), 1)
    })

    it('which are given up when no answer comes', async () => {
      await open()
      engine.faults.inject({ operation: '*', fault: { kind: 'hang' } })
      const asking = client(credentialsOf({ key }), { requestTimeoutMs: 50 })
      await assert.rejects(ask(asking), { name: 'TimeoutError' })
    })
  })

  describe('through a proxy', () => {
    const port = (): number => Number(new URL(door.endpoint).port)

    it('to an http endpoint, in a tunnel', async () => {
      await open()
      const proxy = await startHttpProxy({ port: port() })
      closing.push(() => proxy.close())
      const asking = client(credentialsOf({ key }), { endpoint: 'http://kinesis.example:4567', proxy: proxy.url })
      await ask(asking)
      await ask(asking)
      assert.deepEqual(proxy.tunnels, ['kinesis.example:4567'], 'and the tunnel is kept')
      assert.equal(proxy.headers()['proxy-authorization'], undefined)
    })

    it('with user name and password, unescaped', async () => {
      await open()
      const proxy = await startHttpProxy({ port: port() })
      closing.push(() => proxy.close())
      const url = proxy.url.replace('//', '//me:p%40ss%3Aword@')
      await ask(client(credentialsOf({ key }), { endpoint: 'http://kinesis.example:4567', proxy: url }))
      const authorization = `Basic ${Buffer.from('me:p@ss:word').toString('base64')}`
      assert.equal(proxy.headers()['proxy-authorization'], authorization)
    })

    it('to an https endpoint, whose certificate is verified at the end of the tunnel', async () => {
      const server = createTlsServer(selfSigned(), (_, response) => response.end('{}'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      closing.push(() => new Promise((resolve) => server.close(resolve)))
      const proxy = await startHttpProxy({ port: (server.address() as AddressInfo).port })
      closing.push(() => proxy.close())
      const asking = client(credentialsOf({ key }), { endpoint: 'https://kinesis.example', proxy: proxy.url })
      await assert.rejects(ask(asking), (error) => {
        assert.match(String((error as { code?: unknown }).code), /SELF_SIGNED|ALTNAME/)
        assert.equal(kinesisFault(error), 'transient')
        return true
      })
      assert.deepEqual(proxy.tunnels, ['kinesis.example:443'])
    })

    it('which refuses is a failure that says nothing of its password', async () => {
      const refusing = createHttpServer()
      refusing.on('connect', (_, socket) => {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      })
      await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
      closing.push(() => new Promise((resolve) => refusing.close(resolve)))
      const proxy = `http://me:hidden@127.0.0.1:${(refusing.address() as AddressInfo).port}`
      const asking = client(credentialsOf({ key }), { endpoint: 'http://kinesis.example', proxy })
      await assert.rejects(ask(asking), (error) => {
        assert.equal(kinesisFault(error), 'transient')
        assert.doesNotMatch(String(error), /hidden/)
        return true
      })
    })

    for (const host of ['127.0.0.1', 'localhost']) {
      it(`never to ${host}`, async () => {
        await open()
        const proxy = await startHttpProxy({ port: port() })
        closing.push(() => proxy.close())
        await ask(client(credentialsOf({ key }), { endpoint: `http://${host}:${port()}`, proxy: proxy.url }))
        assert.deepEqual(proxy.tunnels, [])
      })
    }
  })
})
