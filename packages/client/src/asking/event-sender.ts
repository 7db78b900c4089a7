/** An app's own events on their way to the thread: sent over the socket until the server has them, in order. */

import {
  CLIENT_EVENTS,
  fault,
  type Json,
  LIMITS,
  MESSAGE_ID_PATTERN,
  readThreadSent,
  TOKEN_PATTERN,
} from '@session-monitor/protocol';
import {
  EMPTY_OUTBOX,
  MAX_OUTGOING,
  type Named,
  type Outbox,
  type OutboxEffect,
  type OutboxEvent,
  type SendOutcome,
  stepOutbox,
} from '../core/outbox.js';
import type { Environment } from '../environment.js';
import { SessionMonitorError } from '../errors.js';
import type { SessionStorage } from '../storage.js';

export interface OutgoingEvent extends Named {
  readonly event: string;
  readonly data: Json;
  /** Dense within the outbox. */
  readonly seq: number;
}

type Sent = { readonly offset: number };

export interface EventSenderParts {
  readonly environment: Environment;
  readonly storage: SessionStorage | null;
  /** The session that follows the thread at this moment; null while there is none. */
  readonly session: (thread_id: string) => string | null;
  readonly request: (event: string, message: object, answered: (answer: unknown) => void) => void;
}

/** An append is some milliseconds' work; the answer may have to wait for a slow link. */
const ANSWER_TIMEOUT_MS = 10_000;

interface Waiting {
  readonly resolve: (offset: number) => void;
  readonly reject: (error: SessionMonitorError) => void;
}

interface Saved {
  readonly outbox_id: string;
  readonly entries: readonly OutgoingEvent[];
}

const keyOf = (thread_id: string): string => `session_monitor:events:${thread_id}`;

export class EventSender {
  readonly #parts: EventSenderParts;
  readonly #waiting = new Map<string, Waiting>();
  #outbox: Outbox<OutgoingEvent> = EMPTY_OUTBOX;
  /** Random; saved only together with what is in it. */
  #outbox_id: string;
  #seq = 0;
  #timer: (() => void) | undefined;
  /** Ends the wait for the answer that is under way. */
  #giveUp: (() => void) | undefined;

  constructor(parts: EventSenderParts) {
    this.#parts = parts;
    this.#outbox_id = parts.environment.instance();
  }

  /** Goes on with what an earlier page has left unsent. */
  start(thread_id: string): void {
    const saved = this.#load(thread_id);
    if (saved && this.#outbox.entries.length === 0) {
      this.#outbox_id = saved.outbox_id;
      this.#seq = Math.max(0, ...saved.entries.map(({ seq }) => seq));
      this.#happen({ type: 'restore', entries: saved.entries });
    }
    this.#happen({ type: 'start' });
  }

  stop(): void {
    this.#giveUp?.();
    this.#happen({ type: 'stop' });
  }

  /** A session is there, perhaps on a new link: what was sent on an old one is sent again. */
  wake(): void {
    const under = this.#outbox.phase === 'posting' ? this.#outbox.entries[0] : undefined;
    if (under) this.#send(under);
    else this.#happen({ type: 'wake' });
  }

  /** Resolves with the event's offset once it is durable. */
  send(entry: Omit<OutgoingEvent, 'seq'>): Promise<number> {
    const full = this.#outbox.entries.length >= MAX_OUTGOING;
    if (full || this.#waiting.has(entry.message_id)) {
      const message = full
        ? `${MAX_OUTGOING} events wait for the network. Send again when some are gone.`
        : `The event '${entry.message_id}' is being sent.`;
      return Promise.reject(new SessionMonitorError('ERR_NOT_SENT', message));
    }
    this.#seq += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(entry.message_id, { resolve, reject });
      this.#happen({ type: 'add', entry: { ...entry, seq: this.#seq } });
    });
  }

  /** Tells whoever is there now, if there is a link; nothing is kept and nothing is known of it. */
  whisper({ thread_id, event, data, message_id }: Omit<OutgoingEvent, 'seq'>): void {
    const session_id = this.#parts.session(thread_id);
    if (session_id === null) return;
    const message = { session_id, outbox_id: this.#outbox_id, seq: 1, message_id, event, data };
    this.#parts.request(CLIENT_EVENTS.threadSend, { ...message, ephemeral: true }, () => {});
  }

  #happen(event: OutboxEvent<OutgoingEvent, Sent>): void {
    const before = this.#outbox.entries;
    const { outbox, effects } = stepOutbox(this.#outbox, event);
    this.#outbox = outbox;
    if (outbox.entries !== before) this.#save([...before, ...outbox.entries]);
    for (const effect of effects) this.#run(effect);
  }

  #run(effect: OutboxEffect<OutgoingEvent, Sent>): void {
    switch (effect.type) {
      case 'post':
        this.#send(effect.entry);
        return;
      case 'set_timer':
        this.#timer?.();
        this.#timer = this.#parts.environment.after(effect.ms, () =>
          this.#happen({ type: 'timer' }),
        );
        return;
      case 'clear_timer':
        this.#timer?.();
        return;
      case 'settle':
        this.#settle(effect.entry, effect.outcome);
        return;
    }
  }

  /** Without a session it waits for one: `wake` comes with it. */
  #send(entry: OutgoingEvent): void {
    const { environment, session, request } = this.#parts;
    this.#giveUp?.();
    const { thread_id, ...named } = entry;
    const session_id = session(thread_id);
    if (session_id === null) return;
    const answered = (outcome: SendOutcome<Sent>) => {
      this.#giveUp?.();
      this.#happen({ type: 'answered', entry, outcome, random: environment.random() });
    };
    const cancel = environment.after(ANSWER_TIMEOUT_MS, () => answered({ kind: 'unanswered' }));
    this.#giveUp = () => {
      cancel();
      this.#giveUp = undefined;
    };
    request(
      CLIENT_EVENTS.threadSend,
      { session_id, outbox_id: this.#outbox_id, ...named },
      (answer) => answered(outcomeOf(answer)),
    );
  }

  #settle({ message_id }: OutgoingEvent, outcome: SendOutcome<Sent>): void {
    const waiting = this.#waiting.get(message_id);
    this.#waiting.delete(message_id);
    if (outcome.kind === 'accepted') waiting?.resolve(outcome.offset);
    if (outcome.kind !== 'refused') return;
    const { code, message } = outcome.fault;
    waiting?.reject(new SessionMonitorError('ERR_REFUSED', `${message} (${code})`));
  }

  #save(touched: readonly OutgoingEvent[]): void {
    const { storage } = this.#parts;
    for (const thread_id of new Set(touched.map((entry) => entry.thread_id))) {
      const entries = this.#outbox.entries.filter((entry) => entry.thread_id === thread_id);
      try {
        const saved: Saved = { outbox_id: this.#outbox_id, entries };
        storage?.setItem(keyOf(thread_id), JSON.stringify(saved));
      } catch {
        // Quota, private mode: lost with the page, and nothing else is.
      }
    }
  }

  /** Anybody may write to the storage of a page: what cannot be an event is none. */
  #load(thread_id: string): Saved | undefined {
    try {
      const text = this.#parts.storage?.getItem(keyOf(thread_id)) ?? 'null';
      const { outbox_id, entries } = (JSON.parse(text) ?? {}) as Partial<Saved>;
      if (typeof outbox_id !== 'string' || !TOKEN_PATTERN.test(outbox_id)) return undefined;
      if (!Array.isArray(entries)) return undefined;
      const good = (entries as readonly OutgoingEvent[]).slice(0, MAX_OUTGOING).filter(isOutgoing);
      return good.length === 0
        ? undefined
        : { outbox_id, entries: good.map((each) => ({ ...each, thread_id })) };
    } catch {
      return undefined;
    }
  }
}

const isOutgoing = (value: unknown): value is OutgoingEvent => {
  const { message_id, event, seq, data } = (value ?? {}) as Partial<OutgoingEvent>;
  return (
    typeof message_id === 'string' &&
    MESSAGE_ID_PATTERN.test(message_id) &&
    typeof event === 'string' &&
    Number.isSafeInteger(seq) &&
    data !== undefined &&
    JSON.stringify(data).length <= LIMITS.maxEventBytes
  );
};

function outcomeOf(answer: unknown): SendOutcome<Sent> {
  const read = readThreadSent(answer);
  if (!read) {
    const message = 'This server does not take events from a client.';
    return { kind: 'refused', fault: fault('unknown_event', message) };
  }
  if (read.ok) return { kind: 'accepted', offset: read.offset ?? 0 };
  const { retryable, retry_after_ms, code } = read.error;
  // A registration is on its way, or has to be made.
  if (!retryable && code !== 'not_registered') return { kind: 'refused', fault: read.error };
  return { kind: 'unanswered', ...(retry_after_ms !== undefined && { retry_after_ms }) };
}
