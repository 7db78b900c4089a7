/**
 * Renews the session's grant before it ends: the server says when. The app is asked for a token first, so that the
 * thread goes on meanwhile; then the session registers again with it, on the same connection.
 */

import { readTokenExpiring, SERVER_EVENTS } from '@session-monitor/protocol';
import { TOKEN_RULES } from '../core/retrying.js';
import type { Plugin, PluginContext } from '../follower/plugin.js';
import { listen } from '../follower/socket-link.js';

export class TokenRenewal implements Plugin {
  readonly rules = TOKEN_RULES;
  readonly #context: PluginContext;
  #unlisten: (() => void) | undefined;

  constructor(context: PluginContext) {
    this.#context = context;
  }

  start(): void {
    const { socket } = this.#context;
    this.#unlisten ??= listen(socket, SERVER_EVENTS.tokenExpiring, (notice: unknown) =>
      this.#onExpiring(notice),
    );
  }

  stop(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #onExpiring(payload: unknown): void {
    const { malformed, state, renewToken, dispatch } = this.#context;
    const notice = readTokenExpiring(payload);
    if (!notice) malformed(SERVER_EVENTS.tokenExpiring);
    // A token that is a string stays the same.
    else if (notice.session_id === state().session?.id && state().settings.tokenRetries > 0) {
      // Without a token now, the session ends with its grant, and registers again then.
      renewToken(() => dispatch({ type: 'token_refused' })).catch(() => {});
    }
  }
}
