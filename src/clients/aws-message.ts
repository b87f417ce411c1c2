import { errorCode, errorText } from '../core/errors.ts'

const maxLength = 400

/**
 * What AWS, or the way to it, said: fit to be quoted within a sentence.
 *
 * Only the first line: a refused signature is answered with the whole request in canonical form, and the session token
 * is part of that. An answer which cannot be parsed is not quoted at all, it may be anybody's page.
 */
export function awsMessage(error: unknown): string {
  if (error instanceof SyntaxError) return 'the answer is not JSON'
  // A connection refused on several addresses has a code and no text.
  if (error instanceof Error && error.message === '') return errorCode(error)
  const [first = ''] = (error instanceof Error ? error.message : errorText(error)).trimStart().split(/[\r\n]/)
  const [text = ''] = first.replace('@smithy/node-http-handler - [ERROR] ', '').split('The Canonical String')
  return text.trim().slice(0, maxLength).replace(/\.$/, '')
}
