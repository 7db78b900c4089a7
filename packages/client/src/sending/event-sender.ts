/** An app's own events on their way to the thread: sent over the socket until the server has them, in order. */

import { CLIENT_EVENTS, fault, readThreadSent, wantsToken } from '@session-monitor/protocol';
import { MAX_OUTBOX_ENTRIES, type SendOutcome } from '../core/outbox.js';
import { SessionMonitorError } from '../errors.js';
import type { Environment } from '../platform/environment.js';
import type { SessionStorage } from '../platform/storage.js';
import { loadEvents, type OutboxAppEvent, saveEvents } from './event-storage.js';
import { OutboxRunner } from './outbox-runner.js';

type Sent = { readonly offset: number };

export interface EventSenderDeps {
  readonly environment: Environment;
  readonly storage: SessionStorage | null;
  /** The session that follows the thread at this moment; null while there is none. */
  readonly session: (thread_id: string) => string | null;
  readonly request: (event: string, message: object, answered: (answer: unknown) => void) => void;
  /** Whether the app can give another token. */
  readonly canRefresh: boolean;
  /** Registers the session with another token. */
  readonly refresh: () => void;
}

/** An append is some milliseconds' work; the answer may have to wait for a slow link. */
const ANSWER_TIMEOUT_MS = 10_000;

interface Waiting {
  readonly resolve: (offset: number) => void;
  readonly reject: (error: SessionMonitorError) => void;
}

export class EventSender {
  readonly #deps: EventSenderDeps;
  readonly #waiting = new Map<string, Waiting>();
  readonly #outbox: OutboxRunner<OutboxAppEvent, Sent>;
  /** Ends the wait for the answer that is under way. */
  #giveUp: (() => void) | undefined;
  /** The session's token was refused, and the session is not registered with another one yet. */
  #needsToken = false;
  /** The newest ephemeral event was refused for its token. */
  #isEphemeralRefused = false;

  constructor(deps: EventSenderDeps) {
    this.#deps = deps;
    const { environment, storage } = deps;
    this.#outbox = new OutboxRunner({
      environment,
      save: (thread_id, entries) => saveEvents(storage, thread_id, entries),
      post: (entry) => this.#send(entry),
      settle: (entry, outcome) => this.#settle(entry, outcome),
    });
  }

  /** Goes on with what an earlier page has left unsent. */
  start(thread_id: string): void {
    const entries = loadEvents(this.#deps.storage, thread_id);
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
    const full = this.#outbox.entries.length >= MAX_OUTBOX_ENTRIES;
    if (full || this.#waiting.has(entry.message_id)) {
      const message = full
        ? `${MAX_OUTBOX_ENTRIES} events wait for the network. Send again when some are gone.`
        : `The event '${entry.message_id}' is already being sent. Wait for its result.`;
      return Promise.reject(new SessionMonitorError('ERR_NOT_SENT', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(entry.message_id, { resolve, reject });
      this.#outbox.dispatch({ type: 'add', entry });
    });
  }

  /** Sends an ephemeral event, if there is a session. Nothing is kept, and the app gets no answer. */
  sendEphemeral({ thread_id, event, data, message_id }: OutboxAppEvent): void {
    const session_id = this.#deps.session(thread_id);
    if (session_id === null) return;
    const { request, refresh, canRefresh } = this.#deps;
    const message = { session_id, message_id, event, data, ephemeral: true };
    request(CLIENT_EVENTS.threadSend, message, (answer) => {
      const isRefused = outcomeOf(answer, canRefresh).kind === 'token_refused';
      // This one is lost. One that is refused with the next token, too, asks for no third.
      if (isRefused && !this.#isEphemeralRefused) refresh();
      this.#isEphemeralRefused = isRefused;
    });
  }

  /** Without a session, or one with another token, the event waits for that session's `wake`. */
  #send(entry: OutboxAppEvent): void {
    const { environment, session, request, refresh, canRefresh } = this.#deps;
    this.#giveUp?.();
    const { thread_id, ...named } = entry;
    if (this.#needsToken) {
      refresh();
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
      const outcome = outcomeOf(answer, canRefresh);
      this.#needsToken = outcome.kind === 'token_refused';
      answered(outcome);
    });
  }

  #settle({ message_id }: OutboxAppEvent, outcome: SendOutcome<Sent>): void {
    const waiting = this.#waiting.get(message_id);
    this.#waiting.delete(message_id);
    if (outcome.kind === 'accepted') waiting?.resolve(outcome.offset);
    if (outcome.kind !== 'refused') return;
    const { code, message } = outcome.fault;
    waiting?.reject(new SessionMonitorError('ERR_REFUSED', `${message} (${code})`));
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
