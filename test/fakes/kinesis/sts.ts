import type { KinesisEngine } from './engine.ts'
import { AwsError } from './errors.ts'
import type { WireAnswer, WireRequest } from './protocol.ts'

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** As much of STS as assuming a role needs: AWS query protocol, form in, XML out. */
export function answerSts(engine: KinesisEngine, request: WireRequest): WireAnswer {
  const form = new URLSearchParams(Buffer.from(request.body).toString())
  const action = form.get('Action') ?? ''
  try {
    engine.access.check('sts', action, request.headers['authorization'], form.get('RoleArn') ?? '*')
    return xmlAnswer(engine, 200, resultOf(engine, action, form))
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { name, message, status } = error
    return xmlAnswer(
      engine,
      status,
      `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${name.replace(/Exception$/, '')}</Code>` +
        `<Message>${message}</Message></Error></ErrorResponse>`,
    )
  }
}

function resultOf(engine: KinesisEngine, action: string, form: URLSearchParams): string {
  const { accountId } = engine
  switch (action) {
    case 'GetCallerIdentity':
      return resultXml(action, {
        Arn: `arn:aws:iam::${accountId}:user/tester`,
        UserId: 'AIDATESTER',
        Account: accountId,
      })
    case 'AssumeRole': {
      const role = form.get('RoleArn')?.split('/').at(-1) ?? ''
      const session = form.get('RoleSessionName') ?? ''
      const accessKeyId = `ASIA${role.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')}`
      engine.access.admit(accessKeyId)
      return resultXml(action, {
        Credentials: {
          AccessKeyId: accessKeyId,
          SecretAccessKey: 'secret-of-the-role',
          SessionToken: `token for ${form.get('ExternalId') ?? 'nobody'}`,
          Expiration: new Date(engine.now() + 3_600_000).toISOString(),
        },
        AssumedRoleUser: {
          AssumedRoleId: `AROA:${session}`,
          Arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`,
        },
      })
    }
    default:
      throw new AwsError('InvalidAction', `Could not find operation ${action}`)
  }
}

interface Tree {
  readonly [name: string]: string | Tree
}

function resultXml(action: string, result: Tree): string {
  return `<${action}Response xmlns="${namespace}">${xml({ [`${action}Result`]: result })}</${action}Response>`
}

function xml(tree: Tree): string {
  return Object.entries(tree)
    .map(([name, value]) => `<${name}>${typeof value === 'string' ? value : xml(value)}</${name}>`)
    .join('')
}

function xmlAnswer(engine: KinesisEngine, status: number, text: string): WireAnswer {
  const headers = { 'content-type': 'text/xml', date: new Date(engine.now()).toUTCString() }
  return { status, headers, body: Buffer.from(text) }
}
