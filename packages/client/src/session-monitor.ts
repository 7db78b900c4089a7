/** The class for apps: a follower that also sends, records diagnostics, speaks v1, and checks its options. */

import type { Json } from '@session-monitor/protocol';
import { checkOptions, type SessionMonitorOptions } from './follower/options.js';
import type { SocketLike } from './follower/socket-link.js';
import { type AnyEvents, ThreadFollower } from './follower/thread-follower.js';
import { type Environment, platform } from './platform/environment.js';
import type { Diagnostics } from './plugins/diagnostics/diagnostics.js';
import { Reasons } from './plugins/diagnostics/reasons.js';
import { Recorder } from './plugins/diagnostics/recorder.js';
import { OutageWatch } from './plugins/outage/outage.js';
import { PageActivity } from './plugins/page-activity.js';
import { ReportRequests } from './plugins/report-requests.js';
import { TokenRenewal } from './plugins/token-renewal.js';
import type { AcceptedRun } from './sending/message-sender.js';
import type { SendMessageOptions, SendOptions } from './sending/messages.js';
import { Sending } from './sending/sending.js';
import { V1Link } from './v1/v1-link.js';

/**
 * Follows a thread over a Socket.IO client socket: every event of the thread reaches the app's
 * listeners once and in order, or `gap` and `reset` say what is missing.
 *
 *     const monitor = new SessionMonitor(socket, { thread_id: 'my-thread' }).start();
 *     socket.on('message', (data) => render(data));
 *
 * @typeParam AppEvents what the thread's events are called, and what each of them holds:
 *   `new SessionMonitor<{ message: { delta: string } }>(socket)`
 */
export class SessionMonitor<
  AppEvents extends object = AnyEvents,
> extends ThreadFollower<AppEvents> {
  readonly #sending = this.join(Sending);
  readonly #recorder = this.join(Recorder);
  readonly #outages = this.join(OutageWatch);

  /**
   * @param socket any Socket.IO 4 client socket, connected or not
   * @throws SessionMonitorError ERR_NOT_A_SOCKET, ERR_BAD_OPTION, ERR_BAD_THREAD_ID
   */
  constructor(
    socket: SocketLike,
    options: SessionMonitorOptions = {},
    environment: Environment = platform,
  ) {
    checkOptions(options);
    super(socket, options, environment);
    if (options.activity !== false) this.join(PageActivity);
    this.join(Reasons);
    this.join(TokenRenewal);
    this.join(V1Link);
    if (options.diagnostics === 'on-request') {
      this.join(ReportRequests).answer = () => this.#report(undefined, true);
    }
  }

  /**
   * Asks for a reply on the thread. The monitor posts the message under one id until the server has it, however long
   * the network is away, and after a reload where there is `storage`; it is published once. Messages leave in order,
   * while the monitor is started. Resolves when the server has taken it: the reply comes with the thread's events,
   * and in `status.runs`.
   *
   * Rejects with SessionMonitorError ERR_REFUSED, ERR_NOT_SENT.
   *
   * @throws SessionMonitorError ERR_BAD_MESSAGE, ERR_NO_THREAD_ID
   */
  sendMessage(user_input: string, options: SendMessageOptions = {}): Promise<AcceptedRun> {
    return this.#sending.sendMessage(user_input, options);
  }

  /**
   * Ends a reply of the thread for all clients: the one named, or the newest that is open. Resolves with whether
   * it was cancelled; false if it had ended, or there is none. Rejects with ERR_REFUSED, ERR_NO_ANSWER.
   *
   * @throws SessionMonitorError ERR_NO_THREAD_ID
   */
  cancel(run_id?: string): Promise<boolean> {
    return this.#sending.cancel(run_id);
  }

  /**
   * Publishes an event of the app to the thread, once, however often it has to be sent; events keep their
   * order. Resolves with its offset once it is durable. Like a message it waits for the network, and is sent
   * by the next page where there is `storage`.
   *
   * Rejects with SessionMonitorError ERR_REFUSED, ERR_NOT_SENT.
   *
   * @param data any JSON value
   * @throws SessionMonitorError ERR_BAD_MESSAGE, ERR_NO_THREAD_ID
   */
  send(event: string, data: Json, options: SendOptions = {}): Promise<number> {
    return this.#sending.send(event, data, options);
  }

  /**
   * Sends an ephemeral event to the thread's current subscribers: typing, progress. Nothing is kept: it is lost
   * without a network, and for a client that is not connected. Subscribers hear it by `on('ephemeral', …)`.
   *
   * @throws SessionMonitorError ERR_BAD_MESSAGE, ERR_NO_THREAD_ID
   */
  sendEphemeral(event: string, data: Json): void {
    this.#sending.sendEphemeral(event, data);
  }

  /**
   * Makes the next attempt now, instead of when it is due (`status.next_attempt_at`), and restarts the backoff. Does
   * nothing while there is a session. A monitor that is not started or has failed needs `start()` instead.
   */
  retry(): void {
    this.#outages.retry();
  }

  /**
   * Sends the diagnostics to the server, for its operators: no token, no secret, no event. It goes by HTTP, so that it
   * arrives over a broken socket, too. Resolves when the server has it.
   *
   * Rejects with SessionMonitorError ERR_NO_SESSION, ERR_NO_HTTP, ERR_REFUSED, ERR_NO_ANSWER.
   *
   * @param note in the words of the user, at most 2,000 characters
   */
  report(note?: string): Promise<void> {
    return this.#report(note);
  }

  #report(note?: string, requested?: true): Promise<void> {
    return this.#sending.report({ note, requested, diagnostics: this.diagnostics() });
  }

  /** A plain object that a user can paste into a bug report: no token, no secret, no event. */
  diagnostics(): Diagnostics {
    return this.#recorder.diagnostics();
  }
}
