/** The `authorize` hook of an app, and what its answers mean. */

import type { IncomingHttpHeaders } from 'node:http';
import {
  type Fault,
  type FaultCode,
  fault,
  ok,
  type Result,
  refused,
} from '@session-monitor/protocol';

/** Actions on one thread. */
export type ThreadAction =
  /** Follow a thread over a socket, or create it over HTTP. Asked at registration and at every resume. */
  | 'register'
  | 'resume'
  /** Ask for a reply on a thread (`POST /havefun`). */
  | 'post'
  /** End a reply. */
  | 'cancel'
  /** Read a thread's log over HTTP. */
  | 'read'
  /** Publish an event to a thread. */
  | 'publish'
  /** Change a thread's title or metadata in the list. */
  | 'update'
  /** Erase a thread. */
  | 'delete';

/** Actions that name no thread. */
export type ServerAction =
  /** Read the list of threads. */
  | 'list'
  /** End what others may do: `POST /revocations`. */
  | 'administer';

export type Action = ThreadAction | ServerAction;

interface Credentials {
  /** The `token` of the registration, or the bearer token of an HTTP request. */
  readonly token?: string;
  /** The `auth` object of the Socket.IO handshake; empty for HTTP. */
  readonly auth: Readonly<Record<string, unknown>>;
  /** The headers of the HTTP request or the handshake. */
  readonly headers: IncomingHttpHeaders;
}

/** A request for one thread, as `authorize` gets it. */
export interface ThreadRequest extends Credentials {
  readonly action: ThreadAction;
  readonly thread_id: string;
  /** The user that the caller claims to be. Believe it only with a token or a cookie as proof. */
  readonly user_id?: string;
  /** The event's name, for `publish`. */
  readonly event?: string;
}

interface ThreadlessRequest extends Credentials {
  readonly thread_id?: undefined;
  readonly user_id?: undefined;
  readonly event?: undefined;
}

/** A request for the list of threads. The answer decides whose threads it shows. */
export interface ListRequest extends ThreadlessRequest {
  readonly action: 'list';
}

/** A request to end what others may do. Only `{ admin: true }` grants it. */
export interface AdministerRequest extends ThreadlessRequest {
  readonly action: 'administer';
}

export type AuthorizeRequest = ThreadRequest | ListRequest | AdministerRequest;

/** Why a caller may not do something. */
export type Denial =
  /** The token has expired: the client fetches another one and asks again. */
  | 'expired'
  /** The token is missing or invalid: the client fetches another one and asks again. */
  | 'unauthenticated'
  /** This user may not do that: the client stops. */
  | 'forbidden';

/** A refusal with its reason. */
export interface Denied {
  readonly denied: Denial;
  /** For the client and the log: one line, at most 200 characters; the rest is cut off. */
  readonly reason?: string;
}

/**
 * `true` grants the action. `{ user_id }` grants it and names the caller's real user. With `expires_at`, milliseconds since
 * 1970, the grant ends then: a session is asked for a fresh token before, and ends without one. With `issued_at`, when
 * the token was issued, a token of before a revocation of the user is refused for a day. For `list` the
 * answer says whose threads the caller may see: `{ user_id }` grants that user's threads, `{ all: true }` all threads, and
 * `true` refuses. For `administer` only `{ admin: true }` grants; with a `user_id` the trace names the operator, and with
 * `payloads: true` it may see what users have written, where the server shows that. `{ denied }` refuses and says why. Any other answer
 * refuses, as `{ denied: 'forbidden' }` does.
 */
export type AuthorizeAnswer =
  | boolean
  | {
      readonly user_id: string;
      readonly expires_at?: number | undefined;
      readonly issued_at?: number | undefined;
      readonly all?: boolean;
      readonly admin?: boolean;
      readonly payloads?: boolean;
    }
  | { readonly all: true }
  | { readonly admin: boolean; readonly payloads?: boolean }
  | Denied;

/**
 * Decides whether a caller may do something. An error that `jsonwebtoken` or `jose` throws for a bad token refuses the
 * caller; any other error counts as an outage, and the caller may try again.
 */
export type Authorize = (request: AuthorizeRequest) => AuthorizeAnswer | Promise<AuthorizeAnswer>;

/** A caller as `authorize` identifies it. */
export interface Caller {
  /** The user that the answer names, else the one that the caller claims. */
  readonly user_id: string | null;
  /** The user that the answer names. A user that only the caller claims owns no thread. */
  readonly owner: string | null;
  /** When the grant ends, in milliseconds since 1970; null for never. */
  readonly expires_at: number | null;
}

export interface Refused {
  readonly granted: false;
  readonly fault: Fault;
  /** Why, for the log; the client need not know it. */
  readonly detail?: string;
  /** How long ago the token had expired, in milliseconds, if that is known. For the log. */
  readonly expired_ms?: number;
}

export type Permission = ({ readonly granted: true } & Caller) | Refused;

/** The threads that a caller may see. */
export type ListGrant = { readonly all: true } | { readonly user_id: string };

export type ListPermission = { readonly granted: true; readonly grant: ListGrant } | Refused;

export type AdminPermission =
  | {
      readonly granted: true;
      /** The operator, if the answer names one. */
      readonly user_id: string | null;
      /** Whether it may see what users have written. */
      readonly payloads: boolean;
    }
  | Refused;

const MAX_REASON_LENGTH = 200;

type Fields = Readonly<Record<string, unknown>>;

/** What tokens are compared with. Times are milliseconds since 1970. */
export interface TokenTimes {
  readonly now: number;
  /** When the user's rights were revoked; undefined if they were not, or long ago. */
  readonly revokedAt: (user_id: string) => number | undefined;
}

/** What an answer of the hook means for an action on a thread; undefined for an invalid answer. */
export function readAnswer(
  answer: unknown,
  request: ThreadRequest,
  times: TokenTimes,
): Permission | undefined {
  if (answer === true) {
    return { granted: true, user_id: request.user_id ?? null, owner: null, expires_at: null };
  }
  if (answer === false) return refusalOf('forbidden', request);
  const { denied, reason, user_id, expires_at = null, issued_at } = (answer ?? {}) as Fields;
  if (denied !== undefined) return readDenial(denied, reason, request);
  if (typeof user_id !== 'string' || !isExpiry(expires_at)) return undefined;
  if (expires_at !== null && expires_at <= times.now) {
    return { ...refusalOf('expired', request), expired_ms: times.now - expires_at };
  }
  if (isRevoked(user_id, issued_at, times)) return revokedRefusal(request);
  return { granted: true, user_id, owner: user_id, expires_at };
}

/** Whether the token is of before the revocation of its user. */
const isRevoked = (user_id: string, issued_at: unknown, { revokedAt }: TokenTimes): boolean =>
  typeof issued_at === 'number' && issued_at <= (revokedAt(user_id) ?? Number.NEGATIVE_INFINITY);

const revokedRefusal = (request: AuthorizeRequest): Refused =>
  refusalOf('unauthenticated', request, 'It was revoked.');

/** Less than this is a time in seconds, as a JSON Web Token has it. */
const MIN_WALL_MS = 1e11;

const isExpiry = (value: unknown): value is number | null =>
  value === null || (typeof value === 'number' && Number.isFinite(value) && value >= MIN_WALL_MS);

/** What an answer of the hook means for `administer`; undefined for an invalid answer. */
export function readAdminAnswer(
  answer: unknown,
  request: AdministerRequest,
): AdminPermission | undefined {
  // `true` and `{ user_id }` are what a hook says that knows nothing of this action.
  if (typeof answer === 'boolean') return refusalOf('forbidden', request);
  const { denied, reason, admin, user_id, payloads } = (answer ?? {}) as Fields;
  if (denied !== undefined) return readDenial(denied, reason, request);
  if (admin !== true) return refusalOf('forbidden', request);
  return {
    granted: true,
    user_id: typeof user_id === 'string' ? user_id : null,
    payloads: payloads === true,
  };
}

/** What an answer of the hook means for the list of threads; undefined for an invalid answer. */
export function readListAnswer(
  answer: unknown,
  request: ListRequest,
  times: TokenTimes,
): ListPermission | undefined {
  // `true` does not say whose threads.
  if (answer === true || answer === false) return refusalOf('forbidden', request);
  const { denied, reason, all, user_id, issued_at } = (answer ?? {}) as Fields;
  if (denied !== undefined) return readDenial(denied, reason, request);
  if (typeof user_id === 'string' && isRevoked(user_id, issued_at, times)) {
    return revokedRefusal(request);
  }
  // Before the user, so that `{ user_id, all: isAdmin }` works.
  if (all === true) return { granted: true, grant: { all } };
  return typeof user_id === 'string' ? { granted: true, grant: { user_id } } : undefined;
}

const readDenial = (
  denied: unknown,
  reason: unknown,
  request: AuthorizeRequest,
): Refused | undefined =>
  isDenial(denied) ? refusalOf(denied, request, oneLine(reason)) : undefined;

/**
 * The owner whose threads are shown; undefined for all threads.
 *
 * @param user_id the owner that the caller asks for: it narrows the grant, and is refused outside of it
 */
export function narrowGrant(
  grant: ListGrant,
  user_id: string | undefined,
): Result<string | undefined> {
  if ('all' in grant || grant.user_id === user_id) return ok(user_id);
  if (user_id === undefined) return ok(grant.user_id);
  return refused(
    fault('authorisation', 'Not allowed to list the threads of this user with these credentials.', {
      field: 'user_id',
    }),
  );
}

/** In words. */
const SERVER_ACTIONS: Readonly<Partial<Record<Action, string>>> = {
  list: 'list threads',
  administer: 'administer this server',
};

/** @param reason for the client and the log */
export function refusalOf(
  denied: Denial,
  { action, thread_id }: Pick<AuthorizeRequest, 'action' | 'thread_id'>,
  reason = '',
): Refused {
  const what = SERVER_ACTIONS[action] ?? `${action} on thread '${thread_id}'`;
  const messages: Record<Denial, string> = {
    expired: 'The token has expired.',
    unauthenticated: 'The token is missing or not valid.',
    forbidden: `Not allowed to ${what} with these credentials.`,
  };
  const message = reason === '' ? messages[denied] : `${messages[denied]} ${reason}`;
  const refusal = fault(CODES[denied], message);
  return { granted: false, fault: refusal, ...(reason !== '' && { detail: reason }) };
}

/** A text as one short line; empty for a value that is not a string. */
export function oneLine(text: unknown): string {
  if (typeof text !== 'string') return '';
  const short = text.slice(0, 2 * MAX_REASON_LENGTH).replace(/[\s\p{Cc}]+/gu, ' ');
  // Count whole characters, so that no surrogate pair is cut.
  return [...short.trim()].slice(0, MAX_REASON_LENGTH).join('');
}

const CODES: Readonly<Record<Denial, FaultCode>> = {
  expired: 'token_expired',
  unauthenticated: 'unauthenticated',
  forbidden: 'authorisation',
};

const isDenial = (value: unknown): value is Denial =>
  typeof value === 'string' && Object.hasOwn(CODES, value);
