/** Why there is no session, in words for the page's user. Pure. */

import type { LinkEnd } from '../../core/events.js';
import type { State } from '../../core/state.js';
import { answerOf, type ConnectError } from '../../follower/connect-error.js';

export type OutageCause =
  /** Nothing has come of an attempt yet. */
  | { readonly kind: 'none'; readonly message?: undefined }
  | { readonly kind: 'lost'; readonly by: LinkEnd; readonly message?: undefined }
  /** An attempt, or the registration, was refused for now. */
  | { readonly kind: 'unreachable' | 'refused'; readonly message: string };

const NO_ANSWER = 'The server does not answer.';

export function reasonOf(
  { link }: Pick<State, 'link'>,
  cause: OutageCause,
  isFetchingToken: boolean,
): string {
  if (globalThis.navigator?.onLine === false) return 'The browser is offline.';
  if (link.up && isFetchingToken) return 'The app has not given a token yet.';
  if (cause.kind === 'refused') return cause.message;
  if (link.up) return 'The server has not answered the registration yet.';
  if (link.drainMs !== null) return 'The server is being replaced and asked to come back later.';
  switch (cause.kind) {
    case 'unreachable':
      return cause.message;
    case 'lost':
      return cause.by === 'app'
        ? 'The app has disconnected the socket.'
        : 'The connection was lost.';
    default:
      return NO_ANSWER;
  }
}

/** Socket.IO's error in words. Call it at once: the request is aborted when its listeners have been called. */
export function describe(error: ConnectError): string {
  const { message, type, description: status } = error;
  if (Number(status) > 0) {
    return `The server, or a proxy, answered ${status}: ${answerOf(error).message ?? message}`;
  }
  if (message === 'timeout') return NO_ANSWER;
  return type === undefined
    ? `The server refused the connection: ${message}`
    : `The server cannot be reached, or it refuses pages of this origin (${message}).`;
}
