/** Asks over HTTP, and describes the answer in the words of the policy. */

import { type Asking, headersOf, placeOf, queryOf } from './asking.js';
import { expected } from './policy.js';
import { type Answer, send, textOf } from './requests.js';
import { type HttpVerb, KEPT } from './verbs.js';

/** A path of a file of each page, by the path of all of them. */
export type Assets = Readonly<Record<string, string>>;

export async function askHttp(verb: HttpVerb, asking: Asking, assets: Assets): Promise<string> {
  const { server, way, answers } = asking;
  const { method, body } = verb;
  const isGranted = expected({ rule: verb, setup: server.setup, ...asking }) === verb.admitted;
  const thread = isGranted && verb.writes ? verb.writes() : KEPT;
  const token = credentialFor(verb, asking);
  const path = (assets[verb.path] ?? verb.path).replace(':thread_id', thread);
  const url = new URL(path.replace(':run_id', 'none'), 'http://server');
  for (const [name, value] of Object.entries(queryOf(way, false))) {
    url.searchParams.set(name, value);
  }
  if (verb.keyInUrl && token !== undefined) url.searchParams.set('api_key', token);
  const headers = {
    ...headersOf(asking),
    ...verb.headers,
    ...(!verb.keyInUrl && token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const answer = await send({
    ...placeOf(asking, takesKey(verb)),
    method,
    path: url.pathname + url.search,
    headers,
    body: body && JSON.stringify(body(thread)),
  });
  answers.add(textOf(answer));
  return describe(verb, answer);
}

const takesKey = ({ asks, extra }: HttpVerb): boolean =>
  asks.startsWith('debug') || extra?.for === 'debug';

/** For `/debug` and `/healthz` a key is a credential; the tokens of users are wrong keys. */
function credentialFor(verb: HttpVerb, asking: Asking): string | undefined {
  const { credential, credentials, server } = asking;
  const { tokens, operator } = credentials;
  if (credential !== 'right') return tokens[credential];
  // A user without that right has a valid token, too: the other user.
  if (verb.asks === 'administer') return operator;
  return takesKey(verb) ? server.debugKey : tokens.right;
}

function describe({ extra }: HttpVerb, { status, head, text }: Answer): string {
  if (status === 0) return 'unreachable';
  const isJson = head['content-type']?.startsWith('application/json') === true;
  // A script tag of another site runs no answer of a route.
  if (!isJson && head['x-content-type-options'] !== 'nosniff') return `${status} without nosniff`;
  if (!isJson || text === '') return String(status);
  const { error, ...fields } = JSON.parse(text) as { error?: { code: string } };
  if (error) return `${status} ${error.code}`;
  const mark = extra?.for === 'debug' ? 'sessions' : 'pid';
  const has = extra && (fields as Record<string, unknown>)[mark] != null;
  return has ? `${status} ${extra.text}` : String(status);
}
