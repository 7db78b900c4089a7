/** The hook by which an application says who may do what. */

import type { IncomingHttpHeaders } from 'node:http';
import { type Fault, fault } from '@session-monitor/protocol';
import { asError } from '../errors.js';

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

/**
 * `true` grants the action, `{ user_id }` grants it and says who the caller really is. Anything else
 * refuses, whatever it is.
 */
export type AuthorizeAnswer = boolean | { readonly user_id: string };

export type Authorize = (request: AuthorizeRequest) => AuthorizeAnswer | Promise<AuthorizeAnswer>;

export type Permission =
  | { readonly granted: true; readonly user_id: string | null }
  | { readonly granted: false; readonly fault: Fault };

/** Asks the hook. One that throws is an outage, not a refusal: the caller may try again. */
export async function permit(
  authorize: Authorize,
  request: AuthorizeRequest,
  onError: (error: Error) => void,
): Promise<Permission> {
  try {
    const answer: unknown = await authorize(request);
    if (answer === true) return { granted: true, user_id: request.user_id ?? null };
    const user_id = (answer as { user_id?: unknown } | null | undefined)?.user_id;
    if (typeof user_id === 'string') return { granted: true, user_id };
    return { granted: false, fault: refusal(request) };
  } catch (error) {
    onError(asError(error));
    const message = 'Whether this is allowed cannot be told at the moment. Try again.';
    return { granted: false, fault: fault('unavailable', message) };
  }
}

const refusal = ({ action, thread_id }: AuthorizeRequest): Fault =>
  fault(
    'authorisation',
    `Not allowed to ${action} on thread '${thread_id}' with these credentials.`,
  );
