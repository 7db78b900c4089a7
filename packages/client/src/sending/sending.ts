/** Checks and names an app's messages and events, and hands them to their senders. */

import { type Json, type Receipt, RUN_EVENTS } from '@session-monitor/protocol';
import type { CoreEvent } from '../core/events.js';
import { TOKEN_RULES } from '../core/retrying.js';
import { SessionMonitorError } from '../errors.js';
import type { Plugin, PluginContext } from '../follower/plugin.js';
import { originOf } from '../follower/socket-link.js';
import type { SessionMonitorStatus } from '../follower/status.js';
import { EventSender } from './event-sender.js';
import { type AcceptedRun, MessageSender, noAnswerError } from './message-sender.js';
import { checkEvent, checkMessage, type SendMessageOptions, type SendOptions } from './messages.js';
import type { Report } from './report.js';

export class Sending implements Plugin {
  readonly rules = TOKEN_RULES;
  readonly #context: PluginContext;
  readonly #messages: MessageSender;
  readonly #events: EventSender;
  /** What the newest receipt says of the server's HTTP routes; undefined before the first one. */
  #httpPath: string | null | undefined;

  constructor(context: PluginContext) {
    const { on } = context;
    this.#context = context;
    this.#messages = new MessageSender(context, () => this.#url());
    this.#events = new EventSender(context);
    on('registered', (receipt) => this.#onRegistered(receipt));
    on('reset', () => this.#messages.forgetHistory());
    on(RUN_EVENTS.started, (data) => this.#messages.onRunStarted(data));
    on(RUN_EVENTS.finished, (data) => this.#messages.onRunFinished(data));
  }

  get status(): Partial<SessionMonitorStatus> {
    return { runs: this.#messages.runs };
  }

  start(thread_id: string): void {
    this.#messages.start(thread_id);
    this.#events.start(thread_id);
  }

  stop(): void {
    this.#messages.stop();
    this.#events.stop();
  }

  onStep(event: CoreEvent): void {
    if (event.type === 'wake') this.#messages.wake();
    // The status still shows the thread that was followed before.
    const isOther = event.type === 'start' && event.thread_id !== this.#context.status().thread_id;
    if (isOther) this.#messages.forgetHistory();
  }

  #onRegistered({ http_path }: Receipt): void {
    this.#httpPath = http_path ?? null;
    this.#messages.wake();
    this.#events.wake();
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

  /** Resolves when the server has it. */
  async report(report: Report): Promise<void> {
    const { sendReport } = await import('./report.js').catch(() => {
      throw noAnswerError('The report was not sent');
    });
    return sendReport(report, this.#context, this.#url(), SessionMonitorError);
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
