/** The hook by which an application says who may do what, and what its answers mean. */

import type { IncomingHttpHeaders } from 'node:http';
import { type Fault, type FaultCode, fault } from '@session-monitor/protocol';

export type Action =
  /** Follow a thread over a socket. Asked at registration and at every resume. */
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
  /** Erase a thread. */
  | 'delete';

export interface AuthorizeRequest {
  readonly action: Action;
  readonly thread_id: string;
  /** Who the caller says it is; believe it only with a token or a cookie to prove it. */
  readonly user_id?: string;
  /** The `token` of the registration, or the bearer token of an HTTP request. */
  readonly token?: string;
  /** The `auth` object of the Socket.IO handshake; empty for HTTP. */
  readonly auth: Readonly<Record<string, unknown>>;
  /** The headers of the HTTP request or the handshake. */
  readonly headers: IncomingHttpHeaders;
  /** The event's name, for `publish`. */
  readonly event?: string;
}

/** Why a caller may not do something. */
export type Denial =
  /** The token was good, and its time is over: the client fetches another one and asks again. */
  | 'expired'
  /** There is no token, or it proves nothing: the client fetches another one and asks again. */
  | 'unauthenticated'
  /** This user may not do that: the client stops. */
  | 'forbidden';

export interface Denied {
  readonly denied: Denial;
  /** For the client and the log: one line, at most 200 characters; the rest is cut off. */
  readonly reason?: string;
}

/**
 * `true` grants the action, `{ user_id }` grants it and says who the caller really is. `{ denied }` refuses it and says
 * why. Anything else refuses, whatever it is, as `{ denied: 'forbidden' }` does.
 */
export type AuthorizeAnswer = boolean | { readonly user_id: string } | Denied;

/**
 * Decides whether a caller may do something. An error that `jsonwebtoken` or `jose` throws for a bad token refuses the
 * caller; any other error counts as an outage, and the caller may try again.
 */
export type Authorize = (request: AuthorizeRequest) => AuthorizeAnswer | Promise<AuthorizeAnswer>;

export type Permission =
  | { readonly granted: true; readonly user_id: string | null }
  | {
      readonly granted: false;
      readonly fault: Fault;
      /** Why, for the log; the client need not know it. */
      readonly detail?: string;
    };

const MAX_REASON_LENGTH = 200;

/** What an answer of the hook means; undefined for one that is none. */
export function readAnswer(answer: unknown, request: AuthorizeRequest): Permission | undefined {
  if (answer === true) return { granted: true, user_id: request.user_id ?? null };
  if (answer === false) return refusalOf('forbidden', request);
  const { denied, reason, user_id } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  if (denied !== undefined) {
    return isDenial(denied) ? refusalOf(denied, request, oneLine(reason)) : undefined;
  }
  return typeof user_id === 'string' ? { granted: true, user_id } : undefined;
}

/** @param reason for the client and the log */
export function refusalOf(
  denied: Denial,
  { action, thread_id }: Pick<AuthorizeRequest, 'action' | 'thread_id'>,
  reason = '',
): Extract<Permission, { granted: false }> {
  const messages: Record<Denial, string> = {
    expired: 'The token has expired.',
    unauthenticated: 'The token is missing or not valid.',
    forbidden: `Not allowed to ${action} on thread '${thread_id}' with these credentials.`,
  };
  const message = reason === '' ? messages[denied] : `${messages[denied]} ${reason}`;
  const refused = fault(CODES[denied], message);
  return { granted: false, fault: refused, ...(reason !== '' && { detail: reason }) };
}

/** A text on one line that is not long; empty for what is no text. */
export function oneLine(text: unknown): string {
  if (typeof text !== 'string') return '';
  const short = text.slice(0, 2 * MAX_REASON_LENGTH).replace(/[\s\p{Cc}]+/gu, ' ');
  // Characters, not halves of them.
  return [...short.trim()].slice(0, MAX_REASON_LENGTH).join('');
}

const CODES: Readonly<Record<Denial, FaultCode>> = {
  expired: 'token_expired',
  unauthenticated: 'unauthenticated',
  forbidden: 'authorisation',
};

const isDenial = (value: unknown): value is Denial =>
  typeof value === 'string' && Object.hasOwn(CODES, value);
