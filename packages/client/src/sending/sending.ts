/** What an app asks and publishes: checked, named, and handed to what sends it. */

import type { Json, Receipt } from '@session-monitor/protocol';
import type { Companion, FollowerHost } from '../companion.js';
import { TOKEN_RULES } from '../core/retrying.js';
import type { RunsView } from '../core/runs-view.js';
import { isFollowing } from '../core/state.js';
import { SessionMonitorError } from '../errors.js';
import { originOf } from '../socket-link.js';
import { type AcceptedRun, Asker } from './asker.js';
import { EventSender } from './event-sender.js';
import {
  checkEvent,
  checkQuestion,
  type SendMessageOptions,
  type SendOptions,
} from './messages.js';

export class Sending implements Companion {
  readonly rules = TOKEN_RULES;
  readonly #host: FollowerHost;
  readonly #asker: Asker;
  readonly #sender: EventSender;
  /** What the newest receipt says of the server's HTTP routes; undefined before the first one. */
  #httpPath: string | null | undefined;

  constructor(host: FollowerHost) {
    const { environment, storage, options, token } = host;
    const { tokenRetries } = host.state().settings;
    this.#host = host;
    this.#asker = new Asker({
      ...{ environment, storage, token, tokenRetries },
      // A registration that is under way says it by itself.
      onNoToken: (message) => isFollowing(host.state()) && host.complain('no_token', message),
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      url: () => this.#url(),
      user_id: options.user_id ?? null,
      mayRepeat: () => host.state().v1 === null,
      onChange: host.changed,
      log: host.log,
    });
    const { session, request } = host;
    this.#sender = new EventSender({
      ...{ environment, storage, session, request },
      canRefresh: tokenRetries > 0,
      refresh: () => host.happened({ type: 'token_refused' }),
    });
  }

  start(thread_id: string): void {
    this.#asker.start(thread_id);
    this.#sender.start(thread_id);
  }

  stop(): void {
    this.#asker.stop();
    this.#sender.stop();
  }

  wake(): void {
    this.#asker.wake();
  }

  registered({ http_path }: Receipt): void {
    this.#httpPath = http_path ?? null;
    this.#asker.wake();
    this.#sender.wake();
  }

  forgetHistory(): void {
    this.#asker.forgetHistory();
  }

  see(event: string, data: unknown): void {
    this.#asker.see(event, data);
  }

  /** Where the server's HTTP routes are: null if it has none, undefined while that is not known. */
  #url(): string | null | undefined {
    const { options, socket, state } = this.#host;
    if (options.url !== undefined) return options.url.replace(/\/+$/, '');
    // A backend that speaks v1 has them at its root.
    const path = state().v1 ? '/' : this.#httpPath;
    if (typeof path !== 'string') return path;
    return originOf(socket) + (path === '/' ? '' : path);
  }

  get runs(): RunsView {
    return this.#asker.runs;
  }

  ask(user_input: string, options: SendMessageOptions): Promise<AcceptedRun> {
    checkQuestion(user_input, options);
    const thread_id = this.#host.thread('There is no thread to ask on.');
    const { message_id = this.#host.environment.instance(), policy } = options;
    return this.#asker.ask({ message_id, thread_id, user_input, ...(policy && { policy }) });
  }

  cancel(run_id: string | undefined): Promise<boolean> {
    return this.#asker.cancel(this.#host.thread('There is no thread.'), run_id);
  }

  send(event: string, data: Json, options: SendOptions): Promise<number> {
    checkEvent(event, data, options);
    const thread_id = this.#host.thread('There is no thread to publish to.');
    const { message_id = this.#host.environment.instance() } = options;
    if (this.#host.state().v1) {
      const message = 'A backend that speaks v1 takes no events from a client.';
      return Promise.reject(new SessionMonitorError('ERR_REFUSED', message));
    }
    return this.#sender.send({ message_id, thread_id, event, data });
  }

  whisper(event: string, data: Json): void {
    checkEvent(event, data);
    const thread_id = this.#host.thread('There is no thread to tell it on.');
    this.#sender.whisper({ message_id: this.#host.environment.instance(), thread_id, event, data });
  }
}
