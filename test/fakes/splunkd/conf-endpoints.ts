import { failure, type Call, type Reply } from './reply.ts'

/** The endpoints which stand for conf files: storage/passwords and data/inputs/<scheme>. */
export class ConfEndpoints {
  /** Clear passwords by app and entity name, `kinloader/kinloader:aws:`. */
  readonly secrets = new Map<string, { readonly realm: string; readonly name: string; password: string }>()
  /** Parameters of inputs by `<scheme>://<name>`. Set one before it can be edited. */
  readonly stanzas = new Map<string, Record<string, string>>()
  /** Every edit of an input, in order: each restarts that input in a real splunkd. */
  readonly edits: { readonly stanza: string; readonly changes: Readonly<Record<string, string>> }[] = []

  passwords(app: string, [entity]: readonly string[], { method, body, query }: Call): Reply {
    const form = new URLSearchParams(body)
    if (entity === undefined) {
      if (method === 'POST') return this.#create(app, form)
      const count = Number(query.get('count') ?? 30)
      const entries = [...this.secrets.entries()].filter(([key]) => key.startsWith(`${app}/`))
      return entryList(
        (count < 0 ? entries : entries.slice(0, count)).map(([key, secret]) => [key.slice(app.length + 1), secret]),
      )
    }
    const secret = this.secrets.get(`${app}/${entity}`)
    if (secret === undefined) return failure(404, `Could not find object id=${entity}`)
    if (method === 'DELETE') this.secrets.delete(`${app}/${entity}`)
    if (method === 'POST') {
      const password = form.get('password') ?? ''
      if (password === '' || password.length > 255) return failure(400, 'The password is empty or too long.')
      secret.password = password
    }
    return entryList([[entity, secret]])
  }

  inputs(_app: string, [scheme, name]: readonly string[], { method, body }: Call): Reply {
    if (name === undefined) {
      const prefix = `${scheme ?? ''}://`
      const own = [...this.stanzas].filter(([stanza]) => stanza.startsWith(prefix))
      return {
        status: 200,
        body: { entry: own.map(([stanza, content]) => ({ name: stanza.slice(prefix.length), content })) },
      }
    }
    const stanza = `${scheme ?? ''}://${name}`
    const params = this.stanzas.get(stanza)
    if (params === undefined) return failure(404, `Could not find object id=${name}`)
    if (method === 'POST') {
      const changes = Object.fromEntries(new URLSearchParams(body))
      Object.assign(params, changes)
      this.edits.push({ stanza, changes })
    }
    return { status: 200, body: { entry: [{ name, content: params }] } }
  }

  #create(app: string, form: URLSearchParams): Reply {
    const [name, password, realm] = [form.get('name') ?? '', form.get('password') ?? '', form.get('realm') ?? '']
    if (name === '' || password === '' || password.length > 255)
      return failure(400, 'The name or the password is unfit.')
    const entity = `${escapedColons(realm)}:${escapedColons(name)}:`
    if (this.secrets.has(`${app}/${entity}`)) return failure(409, `An object with name=${entity} already exists`)
    this.secrets.set(`${app}/${entity}`, { realm, name, password })
    return { status: 201, body: { entry: [{ name: entity }] } }
  }
}

function entryList(secrets: readonly (readonly [string, { realm: string; name: string; password: string }])[]): Reply {
  const entry = secrets.map(([entity, { realm, name, password }]) => ({
    name: entity,
    content: { realm, username: name, clear_password: password, encr_password: '$7$…', password: '********' },
  }))
  return { status: 200, body: { entry } }
}

function escapedColons(text: string): string {
  return text.replaceAll(':', '\\:')
}
