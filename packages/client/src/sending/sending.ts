/** Checks and names an app's messages and events, and hands them to their senders. */

import type { Json, Receipt } from '@session-monitor/protocol';
import { TOKEN_RULES } from '../core/retrying.js';
import type { RunsView } from '../core/runs-view.js';
import { isFollowing } from '../core/state.js';
import { SessionMonitorError } from '../errors.js';
import type { Plugin, PluginContext } from '../follower/plugin.js';
import { originOf } from '../follower/socket-link.js';
import { EventSender } from './event-sender.js';
import { type AcceptedRun, MessageSender } from './message-sender.js';
import { checkEvent, checkMessage, type SendMessageOptions, type SendOptions } from './messages.js';

export class Sending implements Plugin {
  readonly rules = TOKEN_RULES;
  readonly #context: PluginContext;
  readonly #messages: MessageSender;
  readonly #events: EventSender;
  /** What the newest receipt says of the server's HTTP routes; undefined before the first one. */
  #httpPath: string | null | undefined;

  constructor(context: PluginContext) {
    const { environment, storage, options, token } = context;
    const { tokenRetries } = context.state().settings;
    this.#context = context;
    this.#messages = new MessageSender({
      environment,
      storage,
      token,
      tokenRetries,
      // A registration in flight reports it itself.
      onNoToken: (message) =>
        isFollowing(context.state()) && context.emitError('no_token', message),
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      url: () => this.#url(),
      user_id: options.user_id ?? null,
      mayRepeat: () => context.state().v1 === null,
      onChange: context.statusChanged,
      log: context.log,
    });
    const { session, request } = context;
    this.#events = new EventSender({
      environment,
      storage,
      session,
      request,
      canRefresh: tokenRetries > 0,
      refresh: () => context.dispatch({ type: 'token_refused' }),
    });
  }

  start(thread_id: string): void {
    this.#messages.start(thread_id);
    this.#events.start(thread_id);
  }

  stop(): void {
    this.#messages.stop();
    this.#events.stop();
  }

  wake(): void {
    this.#messages.wake();
  }

  onRegistered({ http_path }: Receipt): void {
    this.#httpPath = http_path ?? null;
    this.#messages.wake();
    this.#events.wake();
  }

  forgetHistory(): void {
    this.#messages.forgetHistory();
  }

  onEvent(event: string, data: unknown): void {
    this.#messages.onEvent(event, data);
  }

  /** Where the server's HTTP routes are: null if it has none, undefined while that is not known. */
  #url(): string | null | undefined {
    const { options, socket, state } = this.#context;
    if (options.url !== undefined) return options.url.replace(/\/+$/, '');
    // A backend that speaks v1 has them at its root.
    const path = state().v1 ? '/' : this.#httpPath;
    if (typeof path !== 'string') return path;
    return originOf(socket) + (path === '/' ? '' : path);
  }

  get runs(): RunsView {
    return this.#messages.runs;
  }

  sendMessage(user_input: string, options: SendMessageOptions): Promise<AcceptedRun> {
    checkMessage(user_input, options);
    const thread_id = this.#context.thread('There is no thread to ask on.');
    const { message_id = this.#context.environment.instance(), policy } = options;
    return this.#messages.send({ message_id, thread_id, user_input, ...(policy && { policy }) });
  }

  cancel(run_id: string | undefined): Promise<boolean> {
    return this.#messages.cancel(this.#context.thread('There is no thread.'), run_id);
  }

  send(event: string, data: Json, options: SendOptions): Promise<number> {
    checkEvent(event, data, options);
    const thread_id = this.#context.thread('There is no thread to publish to.');
    const { message_id = this.#context.environment.instance() } = options;
    if (this.#context.state().v1) {
      const message = 'A backend that speaks v1 takes no events from a client.';
      return Promise.reject(new SessionMonitorError('ERR_REFUSED', message));
    }
    return this.#events.send({ message_id, thread_id, event, data });
  }

  sendEphemeral(event: string, data: Json): void {
    checkEvent(event, data);
    const thread_id = this.#context.thread('There is no thread to tell it on.');
    this.#events.sendEphemeral({
      message_id: this.#context.environment.instance(),
      thread_id,
      event,
      data,
    });
  }
}
