/**
 * Sends a monitor's diagnostics as a report, without what must not leave the page. It goes by HTTP, so that it arrives over a
 * broken socket, too. It is loaded when it is first needed: few pages ever report. It imports nothing but types, because a
 * bundler without code splitting would wrap each module that it shares with the client.
 */

import type { SessionMonitorError } from '../errors.js';
import type { PluginContext } from '../follower/plugin.js';
import type { Fetch } from '../platform/environment.js';

/** What is sent. */
export interface Report {
  /** A plain object: see `Diagnostics`. */
  readonly diagnostics: object;
  /** In the words of the user. */
  readonly note?: string | undefined;
  /** Whether the server has asked for it. */
  readonly requested?: true | undefined;
}

/** The server writes it to a disk; a phone needs some seconds for it. */
const ANSWER_TIMEOUT_MS = 15_000;
const REMOVED = '[removed]';
/** A JSON Web Token, and what stands behind `Bearer`. */
const TOKENS = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(\bBearer )[\w.~+/=-]+/g;
/** A shorter text is no secret, and would be found in other words. */
const MIN_LENGTH = 8;

type ErrorClass = typeof SessionMonitorError;

/**
 * Resolves when the server has it. One attempt: a user who waits tries again.
 *
 * @param url where the server's HTTP routes are: null if it has none, undefined while that is not known
 */
export async function sendReport(
  report: Report,
  context: PluginContext,
  url: string | null | undefined,
  MonitorError: ErrorClass,
): Promise<void> {
  const { session, v1, link } = context.state();
  // A stream has no session on the server.
  if (!session || v1 || link.transport === 'sse')
    throw new MonitorError('ERR_NO_SESSION', NO_SESSION);
  if (typeof url !== 'string') throw new MonitorError('ERR_NO_HTTP', NO_HTTP);
  const { fetch = platformFetch } = context.options;
  const controller = new AbortController();
  const giveUp = context.environment.after(ANSWER_TIMEOUT_MS, () => controller.abort());
  const response = await fetch(`${url}/sessions/${session.id}/report`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${session.secret}` },
    body: writeReport(report, context),
    signal: controller.signal,
  })
    .catch(() => {
      throw new MonitorError('ERR_NO_ANSWER', NO_ANSWER);
    })
    .finally(giveUp);
  if (!response.ok) throw new MonitorError('ERR_REFUSED', await reasonOf(response));
}

const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** The answer may come from a proxy. */
async function reasonOf(response: Response): Promise<string> {
  const { error } = (await response.json().catch(() => ({}))) as {
    readonly error?: { readonly code: string; readonly message: string };
  };
  return error ? `${error.message} (${error.code})` : `The answer was ${response.status}.`;
}

const NO_ANSWER = 'The report was not sent: the server does not answer.';
const NO_SESSION =
  'The monitor has no session on the server (not yet, or a stream, or a v1 backend), which a report is of. Show diagnostics() to the user instead.';
const NO_HTTP =
  'This server has no HTTP routes, which take reports. Mount them beside attachSessions: app.use(createHandler(sessions)). ' +
  'If they are elsewhere, give the monitor the option `url`.';

/**
 * Diagnostics hold no secret themselves, but messages of errors come from the app, from proxies and from libraries, and
 * may quote one: each secret is replaced in all texts, also where it stands in the middle of one.
 */
function writeReport({ diagnostics, note, requested }: Report, context: PluginContext): string {
  const secrets = secretsOf(context).filter(({ length }) => length >= MIN_LENGTH);
  const clean = (text: string): string =>
    secrets
      .reduce((left, secret) => left.replaceAll(secret, REMOVED), text)
      .replace(TOKENS, `$1${REMOVED}`);
  return JSON.stringify({ note, requested, diagnostics: withTexts(diagnostics, clean) });
}

/** A copy as JSON has it, with each text as `change` makes it. The user's own note is not changed. */
const withTexts = (value: object, change: (text: string) => string): unknown =>
  JSON.parse(JSON.stringify(value), (_name, each) =>
    typeof each === 'string' ? change(each) : each,
  );

function secretsOf({ state, options, newestToken, socket }: PluginContext): readonly string[] {
  const { instance, saved, session } = state();
  const { token } = options;
  return [
    instance,
    newestToken(),
    ...[saved?.secret, session?.secret, token].filter((each) => typeof each === 'string'),
    ...textsIn(socket),
  ];
}

/** What an app gives Socket.IO to authenticate with: in the handshake, in the query, in headers. */
function textsIn({ auth, io }: PluginContext['socket']): readonly string[] {
  const { query, extraHeaders } = io.opts ?? {};
  return [auth, query, extraHeaders].flatMap((given) =>
    typeof given === 'object' && given !== null
      ? Object.values(given).filter((value) => typeof value === 'string')
      : [],
  );
}
