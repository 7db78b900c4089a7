/** An app's own events on their way to the thread: sent over the socket until the server has them, in order. */

import { CLIENT_EVENTS, fault, readThreadSent, wantsToken } from '@session-monitor/protocol';
import type { SendOutcome } from '../core/outbox.js';
import { SessionMonitorError } from '../errors.js';
import type { PluginContext } from '../follower/plugin.js';
import { OutboxRunner } from './outbox-runner.js';
import { loadEvents, type OutboxAppEvent, saveEvents } from './outbox-storage.js';

type Sent = { readonly offset: number };

/** An append is some milliseconds' work; the answer may have to wait for a slow link. */
const ANSWER_TIMEOUT_MS = 10_000;

export class EventSender {
  readonly #context: PluginContext;
  readonly #outbox: OutboxRunner<OutboxAppEvent, Sent, number>;
  /** Ends the wait for the answer that is under way. */
  #giveUp: (() => void) | undefined;
  /** The session's token was refused, and the session is not registered with another one yet. */
  #needsToken = false;
  /** The newest ephemeral event was refused for its token. */
  #isEphemeralRefused = false;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#outbox = new OutboxRunner({
      environment: context.environment,
      noun: 'event',
      save: (thread_id, entries) => saveEvents(context.storage, thread_id, entries),
      post: (entry) => this.#send(entry),
      onAccepted: (_entry, { offset }) => offset,
      onRefused: (_entry, { code, message }) =>
        new SessionMonitorError('ERR_REFUSED', `${message} (${code})`),
    });
  }

  /** Goes on with what an earlier page has left unsent. */
  start(thread_id: string): void {
    const entries = loadEvents(this.#context.storage, thread_id);
    if (entries.length > 0 && this.#outbox.entries.length === 0)
      this.#outbox.dispatch({ type: 'restore', entries });
    this.#outbox.dispatch({ type: 'start' });
  }

  stop(): void {
    this.#giveUp?.();
    this.#outbox.dispatch({ type: 'stop' });
  }

  /** A session is there, perhaps on a new link: what was sent on an old one is sent again. */
  wake(): void {
    this.#needsToken = false;
    const { underWay } = this.#outbox;
    if (underWay) this.#send(underWay);
    else this.#outbox.dispatch({ type: 'wake' });
  }

  /** Resolves with the event's offset once it is durable. */
  send(entry: OutboxAppEvent): Promise<number> {
    return this.#outbox.send(entry);
  }

  /** Sends an ephemeral event, if there is a session. Nothing is kept, and the app gets no answer. */
  sendEphemeral({ thread_id, event, data, message_id }: OutboxAppEvent): void {
    const session_id = this.#context.session(thread_id);
    if (session_id === null) return;
    const message = { session_id, message_id, event, data, ephemeral: true };
    this.#context.request(CLIENT_EVENTS.threadSend, message, (answer) => {
      const isRefused = outcomeOf(answer, this.#canRefresh).kind === 'token_refused';
      // This one is lost. One that is refused with the next token, too, asks for no third.
      if (isRefused && !this.#isEphemeralRefused) this.#refresh();
      this.#isEphemeralRefused = isRefused;
    });
  }

  /** Without a session, or one with another token, the event waits for that session's `wake`. */
  #send(entry: OutboxAppEvent): void {
    const { environment, session, request } = this.#context;
    this.#giveUp?.();
    const { thread_id, ...named } = entry;
    if (this.#needsToken) {
      this.#refresh();
      return;
    }
    const session_id = session(thread_id);
    if (session_id === null) return;
    const answered = (outcome: SendOutcome<Sent>) => {
      this.#giveUp?.();
      this.#outbox.dispatch({ type: 'answered', entry, outcome, random: environment.random() });
    };
    const cancel = environment.after(ANSWER_TIMEOUT_MS, () => answered({ kind: 'unanswered' }));
    this.#giveUp = () => {
      cancel();
      this.#giveUp = undefined;
    };
    request(CLIENT_EVENTS.threadSend, { session_id, ...named }, (answer) => {
      const outcome = outcomeOf(answer, this.#canRefresh);
      this.#needsToken = outcome.kind === 'token_refused';
      answered(outcome);
    });
  }

  /** Whether the app can give another token. */
  get #canRefresh(): boolean {
    return this.#context.state().settings.tokenRetries > 0;
  }

  /** Registers the session with another token. */
  #refresh(): void {
    this.#context.dispatch({ type: 'token_refused' });
  }
}

function outcomeOf(answer: unknown, canRefresh: boolean): SendOutcome<Sent> {
  const read = readThreadSent(answer);
  if (!read) {
    const message = 'This server does not take events from a client.';
    return { kind: 'refused', fault: fault('unknown_event', message) };
  }
  if (read.ok) return { kind: 'accepted', offset: read.offset ?? 0 };
  const { retryable, retry_after_ms, code } = read.error;
  if (canRefresh && wantsToken(code)) return { kind: 'token_refused', fault: read.error };
  // A registration is on its way, or has to be made.
  if (!retryable && code !== 'not_registered') return { kind: 'refused', fault: read.error };
  return { kind: 'unanswered', ...(retry_after_ms !== undefined && { retry_after_ms }) };
}
