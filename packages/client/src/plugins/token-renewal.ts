/**
 * Renews the session's grant before it ends: the server says when. The app is asked for a token first, so that the
 * thread goes on meanwhile; then the session registers again with it, on the same connection.
 */

import { readTokenExpiring, SERVER_EVENTS } from '@session-monitor/protocol';
import { TOKEN_RULES } from '../core/retrying.js';
import { NoticeListener } from './notice-listener.js';

export class TokenRenewal extends NoticeListener {
  readonly rules = TOKEN_RULES;
  protected readonly event = SERVER_EVENTS.tokenExpiring;

  protected onNotice(payload: unknown): void {
    const { malformed, state, renewToken, dispatch } = this.context;
    const notice = readTokenExpiring(payload);
    if (!notice) malformed(this.event);
    // A token that is a string stays the same.
    else if (notice.session_id === state().session?.id && state().settings.tokenRetries > 0) {
      // Without a token now, the session ends with its grant, and registers again then.
      renewToken(() => dispatch({ type: 'token_refused' })).catch(() => {});
    }
  }
}
