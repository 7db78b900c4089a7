/** Where an app's events wait that a reload must not lose, thread by thread. */

import { type Json, LIMITS, MESSAGE_ID_PATTERN, TOKEN_PATTERN } from '@session-monitor/protocol';
import { MAX_OUTBOX_ENTRIES, type Named } from '../core/outbox.js';
import type { SessionStorage } from '../platform/storage.js';

export interface OutboxAppEvent extends Named {
  readonly event: string;
  readonly data: Json;
  /** Dense within the outbox. */
  readonly seq: number;
}

export interface SavedEvents {
  readonly outbox_id: string;
  readonly entries: readonly OutboxAppEvent[];
}

const keyOf = (thread_id: string): string => `session_monitor:events:${thread_id}`;

/** Anybody may write to the storage of a page: what cannot be an event is none. */
export function loadEvents(
  storage: SessionStorage | null,
  thread_id: string,
): SavedEvents | undefined {
  try {
    const text = storage?.getItem(keyOf(thread_id)) ?? 'null';
    const { outbox_id, entries } = (JSON.parse(text) ?? {}) as Partial<SavedEvents>;
    if (typeof outbox_id !== 'string' || !TOKEN_PATTERN.test(outbox_id)) return undefined;
    if (!Array.isArray(entries)) return undefined;
    const good = (entries as readonly OutboxAppEvent[])
      .slice(0, MAX_OUTBOX_ENTRIES)
      .filter(isOutboxAppEvent);
    return good.length === 0
      ? undefined
      : { outbox_id, entries: good.map((each) => ({ ...each, thread_id })) };
  } catch {
    return undefined;
  }
}

/** What cannot be saved is lost with the page; nothing else is. */
export function saveEvents(
  storage: SessionStorage | null,
  thread_id: string,
  saved: SavedEvents,
): void {
  try {
    storage?.setItem(keyOf(thread_id), JSON.stringify(saved));
  } catch {
    // Quota, private mode.
  }
}

const isOutboxAppEvent = (value: unknown): value is OutboxAppEvent => {
  const { message_id, event, seq, data } = (value ?? {}) as Partial<OutboxAppEvent>;
  return (
    typeof message_id === 'string' &&
    MESSAGE_ID_PATTERN.test(message_id) &&
    typeof event === 'string' &&
    Number.isSafeInteger(seq) &&
    data !== undefined &&
    JSON.stringify(data).length <= LIMITS.maxEventBytes
  );
};
