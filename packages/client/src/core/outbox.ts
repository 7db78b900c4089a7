/*
 * Messages, or an app's events, on their way to the server. Each has its own `message_id`, under which the client may
 * send it any number of times: the server takes it once (I8). They leave one at a time, in order.
 *
 *     add ──► posting ──accepted, or refused for good──► gone, the next one is posted
 *                │ ▲
 *      no answer │ │ timer, wake
 *  token refused ▼ │
 *              waiting
 *
 *     stop ──► paused ──start──► posting
 *
 * Pure: randomness comes in with the events.
 */

import type { Fault } from '@session-monitor/protocol';
import { backoffMs, TOKEN_RETRIES } from './backoff.js';

export interface Named {
  readonly message_id: string;
  readonly thread_id: string;
}

export interface OutboxMessage extends Named {
  readonly user_input: string;
  readonly policy?: 'queue' | 'reject' | 'cancel_previous';
}

export interface Outbox<E extends Named> {
  readonly entries: readonly E[];
  readonly phase: 'paused' | 'resting' | 'posting' | 'waiting';
  /** Posts of the first entry that were not answered, in a row. */
  readonly failures: number;
  /** Tokens that were refused for the first entry. */
  readonly tokensRefused: number;
}

/** The outcome of a post; `T` holds what an acceptance says. */
export type SendOutcome<T> =
  | ({ readonly kind: 'accepted' } & T)
  | { readonly kind: 'refused'; readonly fault: Fault }
  /** Refused for its token: the outbox posts it again with another one. */
  | { readonly kind: 'token_refused'; readonly fault: Fault }
  /** It may have arrived or not: the outbox posts it again, not before `retry_after_ms`. */
  | { readonly kind: 'unanswered'; readonly retry_after_ms?: number };

/** `run_id` is null on a backend that does not name it. */
export type PostOutcome = SendOutcome<{ readonly run_id: string | null }>;

export type OutboxEvent<E extends Named, T> =
  | { readonly type: 'add'; readonly entry: E }
  /** What an earlier page has left unsent. */
  | { readonly type: 'restore'; readonly entries: readonly E[] }
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | {
      readonly type: 'answered';
      /** The posted entry itself, because another may come under the same name. */
      readonly entry: E;
      readonly outcome: SendOutcome<T>;
      readonly random: number;
    }
  | { readonly type: 'timer' }
  /** The network may be back: try at once. */
  | { readonly type: 'wake' };

export type OutboxEffect<E extends Named, T> =
  | { readonly type: 'post'; readonly entry: E }
  | { readonly type: 'set_timer'; readonly ms: number }
  | { readonly type: 'clear_timer' }
  | { readonly type: 'settle'; readonly entry: E; readonly outcome: SendOutcome<T> };

export interface OutboxStep<E extends Named, T> {
  readonly outbox: Outbox<E>;
  readonly effects: readonly OutboxEffect<E, T>[];
}

/** More than users send during an outage; a loop would exceed it. */
export const MAX_OUTBOX_ENTRIES = 100;

export const EMPTY_OUTBOX: Outbox<never> = {
  entries: [],
  phase: 'paused',
  failures: 0,
  tokensRefused: 0,
};

export function stepOutbox<E extends Named, T>(
  outbox: Outbox<E>,
  event: OutboxEvent<E, T>,
): OutboxStep<E, T> {
  switch (event.type) {
    case 'add':
      return next({ ...outbox, entries: [...outbox.entries, event.entry] });
    case 'restore': {
      const known = new Set(outbox.entries.map(({ message_id }) => message_id));
      const lost = event.entries.filter(({ message_id }) => !known.has(message_id));
      return next({ ...outbox, entries: [...lost, ...outbox.entries] });
    }
    case 'start':
      return outbox.phase === 'paused' ? next({ ...outbox, phase: 'resting' }) : stay(outbox);
    case 'stop': {
      const effects = outbox.phase === 'waiting' ? [{ type: 'clear_timer' } as const] : [];
      return { outbox: { ...outbox, phase: 'paused', failures: 0, tokensRefused: 0 }, effects };
    }
    case 'answered':
      // After a stop and a start the same post may be in flight twice: ignores the second answer.
      return outbox.entries[0] === event.entry
        ? answered(outbox, event.outcome, event.random)
        : stay(outbox);
    case 'timer':
      return outbox.phase === 'waiting' ? next({ ...outbox, phase: 'resting' }) : stay(outbox);
    case 'wake': {
      if (outbox.phase !== 'waiting') return stay(outbox);
      const { outbox: woken, effects } = next({ ...outbox, phase: 'resting', failures: 0 });
      return { outbox: woken, effects: [{ type: 'clear_timer' }, ...effects] };
    }
  }
}

const stay = <E extends Named>(outbox: Outbox<E>): OutboxStep<E, never> => ({
  outbox,
  effects: [],
});

/** Posts the first entry, if nothing is under way. */
function next<E extends Named>(outbox: Outbox<E>): OutboxStep<E, never> {
  const [entry] = outbox.entries;
  if (!entry || outbox.phase !== 'resting') return stay(outbox);
  return { outbox: { ...outbox, phase: 'posting' }, effects: [{ type: 'post', entry }] };
}

/** An answer that comes when the outbox has been paused counts like any other. */
function answered<E extends Named, T>(
  outbox: Outbox<E>,
  outcome: SendOutcome<T>,
  random: number,
): OutboxStep<E, T> {
  const [entry, ...rest] = outbox.entries;
  if (!entry) return stay(outbox);
  const { phase, failures, tokensRefused } = outbox;
  const settle = (settled: SendOutcome<T>): OutboxStep<E, T> => {
    const isPaused = phase === 'paused';
    const step = next({ ...EMPTY_OUTBOX, entries: rest, phase: isPaused ? phase : 'resting' });
    return { ...step, effects: [{ type: 'settle', entry, outcome: settled }, ...step.effects] };
  };
  switch (outcome.kind) {
    case 'unanswered': {
      if (phase !== 'posting') return stay(outbox);
      const ms = Math.max(backoffMs(failures, random), outcome.retry_after_ms ?? 0);
      return wait({ ...outbox, failures: failures + 1 }, ms);
    }
    case 'token_refused': {
      if (phase !== 'posting') return stay(outbox);
      const { fault } = outcome;
      if (tokensRefused >= TOKEN_RETRIES) return settle({ kind: 'refused', fault });
      const refused = { ...outbox, tokensRefused: tokensRefused + 1 };
      return tokensRefused === 0
        ? next({ ...refused, phase: 'resting' })
        : wait(refused, backoffMs(tokensRefused, random));
    }
    default:
      return settle(outcome);
  }
}

const wait = <E extends Named>(outbox: Outbox<E>, ms: number): OutboxStep<E, never> => ({
  outbox: { ...outbox, phase: 'waiting' },
  effects: [{ type: 'set_timer', ms }],
});
