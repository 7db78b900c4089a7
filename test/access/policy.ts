/**
 * What each caller may do, stated a second time: the rules of docs/authorisation.md, docs/configuration.md and
 * docs/http.md, without the code that enforces them. Pure.
 */

export const CREDENTIALS = ['no', 'default', 'wrong', 'expired', "other user's", 'right'] as const;
export type Credential = (typeof CREDENTIALS)[number];

export const WAYS = [
  'loopback',
  'other interface',
  'forwarded',
  'foreign Host',
  'foreign Origin',
  'JSONP',
  /** It sends no `Sec-Fetch-…` header. */
  'JSONP of an old browser',
  'no-cors',
] as const;
export type Way = (typeof WAYS)[number];

/** The configuration of a server. */
export interface Setup {
  readonly name: string;
  /** `MODE=development` on a loopback address. Anywhere else the mode is as strict as production. */
  readonly development: boolean;
  /** `none`: no policy is configured, every caller may do everything. */
  readonly policy: 'none' | 'AUTH_SECRET' | 'AUTHORIZE that reads handshakes, too';
  /** The host names that it answers to. */
  readonly hosts: 'loopback' | 'listed' | 'all';
  /** `weak`: one that only development mode accepts. */
  readonly debugKey: 'none' | 'weak' | 'strong';
  readonly debugKeyInUrl: boolean;
  readonly demo: boolean;
  readonly dashboard: boolean;
  /** Operators may act from the dashboard. */
  readonly actions: boolean;
  /** Operators with a permission see what was written. */
  readonly payloads: boolean;
}

export interface HttpRule {
  readonly over: 'HTTP';
  readonly method: string;
  readonly asks: 'nothing' | 'thread' | 'list' | 'administer' | 'debug' | 'debug, with a key';
  /** What a caller gets that is admitted: a status, and the code of a fault. */
  readonly admitted: string;
  /** It says nothing of any user: pages elsewhere may ask for it. */
  readonly isPublic?: boolean;
  /** It is there only where the demo page is. */
  readonly isDemo?: boolean;
  /** It is there only where what was written is shown. */
  readonly isPayload?: boolean;
  /** It is there only where the dashboard may act. */
  readonly isAction?: boolean;
  /** It is there only where the dashboard is. */
  readonly isDashboard?: boolean;
  /** There is nothing at this path. */
  readonly isNowhere?: boolean;
  readonly keyInUrl?: boolean;
  /** It refuses a parameter of the query that it does not take, as that of a script. */
  readonly isStrict?: boolean;
  /** What is added to the answer for a caller that may look at `/debug`, or is at this machine. */
  readonly extra?: { readonly for: 'debug' | 'this machine'; readonly text: string };
}

export interface EngineRule {
  readonly over: 'Engine.IO';
  readonly transport: 'polling' | 'websocket';
  readonly admitted: string;
}

export interface SocketRule {
  readonly over: 'Socket.IO';
  readonly transport: 'polling' | 'websocket';
  readonly asks: /** A registration with a token in the message. */
    | 'token'
    /** One of v1, which has none. */
    | 'handshake'
    /** The token, and the secret of the session. */
    | 'token and secret'
    /** That the connection has registered before: over v2, over v1. */
    | 'own session'
    | 'own v1 session'
    | 'nothing';
  readonly admitted: string;
  /** What the others get, if not a refusal of the registration. */
  readonly refused?: string;
}

type Rule = HttpRule | EngineRule | SocketRule;

interface Cell {
  readonly rule: Rule;
  readonly setup: Setup;
  readonly credential: Credential;
  readonly way: Way;
}

type Caller = Pick<Cell, 'setup' | 'credential' | 'way'>;

const FORBIDDEN = '403 authorisation';

/** What the cell must answer: a status, the code of a fault, or what happens on a socket. */
export function expected({ rule, ...caller }: Cell): string {
  const { way, setup } = caller;
  if (way === 'other interface' && setup.development) return 'unreachable';
  if (rule.over === 'HTTP') {
    const answer = isRefusedAnywhere(caller) ? FORBIDDEN : overHttp(rule, caller);
    // A HEAD has no body, so no code either.
    return rule.method === 'HEAD' ? (answer.split(' ')[0] ?? '') : answer;
  }
  const isRefused = isRefusedAnywhere(caller) || isPageElsewhere(way) || isScript(way);
  if (isRefused) return rule.transport === 'polling' ? '403' : '400';
  return rule.over === 'Engine.IO' ? rule.admitted : overSocket(rule, caller);
}

/** On every path: another host name, or a proxy in front of a server where every caller may do everything. */
const isRefusedAnywhere = ({ setup, way }: Caller): boolean =>
  (way === 'foreign Host' && setup.hosts !== 'all') ||
  (way === 'forwarded' && setup.development && setup.policy === 'none');

/** As the browser says, by `Origin` or by `Sec-Fetch-Site`. */
const isPageElsewhere = (way: Way): boolean =>
  way === 'foreign Origin' || way === 'JSONP' || way === 'no-cors';

const isScript = (way: Way): boolean => way === 'JSONP' || way === 'JSONP of an old browser';

function overHttp(rule: HttpRule, caller: Caller): string {
  const { demo, dashboard, actions, payloads } = caller.setup;
  const isOff =
    (rule.isDemo && !demo) ||
    (rule.isDashboard && !dashboard) ||
    (rule.isAction && !actions) ||
    (rule.isPayload && !payloads);
  if (rule.isNowhere || isOff) return '404 not_found';
  const isRead = rule.method === 'GET' || rule.method === 'HEAD';
  if (isPageElsewhere(caller.way) && !(rule.isPublic && isRead)) return FORBIDDEN;
  const refusal = refusalOf(rule, caller);
  if (refusal !== undefined) return refusal;
  if (rule.isStrict && isScript(caller.way)) return '400 bad_request';
  const { extra } = rule;
  const has =
    extra?.for === 'debug' ? debugRefusal(false, rule, caller) === undefined : isHere(caller);
  return extra && has ? `${rule.admitted} ${extra.text}` : rule.admitted;
}

const STATUS: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  token_expired: 401,
  authorisation: 403,
};

function refusalOf(rule: HttpRule, caller: Caller): string | undefined {
  const { asks } = rule;
  if (asks === 'nothing') return undefined;
  if (asks === 'debug') return debugRefusal(false, rule, caller);
  if (asks === 'debug, with a key') return debugRefusal(true, rule, caller);
  const code = tokenFault(caller);
  // Each user may list the threads that are its own.
  if (asks === 'list' && code === 'authorisation') return undefined;
  return code && `${STATUS[code]} ${code}`;
}

/** The code for a token, of a caller that asks for a thread of the right user, or for what only an operator may. */
function tokenFault({ setup, credential }: Caller): string | undefined {
  if (setup.policy === 'none' || credential === 'right') return undefined;
  if (credential === 'expired') return 'token_expired';
  return credential === "other user's" ? 'authorisation' : 'unauthenticated';
}

/** In development, from this machine itself: neither through a proxy, nor for a page elsewhere, nor under another name. */
const isHere = ({ setup, way }: Caller): boolean =>
  setup.development && (way === 'loopback' || way === 'JSONP of an old browser');

function debugRefusal(
  needsKey: boolean,
  { keyInUrl = false }: HttpRule,
  caller: Caller,
): string | undefined {
  const { setup, credential, way } = caller;
  const here = isHere(caller);
  // Where none is configured, the documented key is the right one.
  const isRight = credential === 'right' || (credential === 'default' && setup.debugKey === 'none');
  if (here) return !needsKey || isRight ? undefined : '401 key_required';
  const isRead = !keyInUrl || setup.debugKeyInUrl;
  if (setup.debugKey === 'strong' && isRight && isRead) return undefined;
  return setup.development && way === 'forwarded' ? FORBIDDEN : '404 not_found';
}

function overSocket(rule: SocketRule, caller: Caller): string {
  const { asks, admitted, refused } = rule;
  const code = tokenFault(caller);
  switch (asks) {
    case 'nothing':
      return admitted;
    case 'token':
      return code ?? admitted;
    case 'own session':
      return code === undefined ? admitted : (refused ?? code);
    case 'handshake':
    case 'own v1 session':
      return v1Fault(caller) ? (refused ?? 'authorisation') : admitted;
    case 'token and secret':
      return claimOutcome(caller);
  }
}

/** A v1 client sends no token: only the handshake can have one. It gets one code for every refusal. */
const v1Fault = (caller: Caller): boolean =>
  caller.setup.policy === 'AUTH_SECRET' || tokenFault(caller) !== undefined;

/**
 * What a registration gets that names a session of the right user. `no` and `expired` present its secret, too. The other
 * user presents it on its own thread, which its token grants: it gets a session, but not that one.
 */
function claimOutcome(caller: Caller): string {
  const { credential } = caller;
  if (credential === "other user's") return 'new';
  const code = tokenFault(caller);
  if (code !== undefined) return code;
  return credential === 'wrong' || credential === 'default' ? 'new' : 'resumed';
}
