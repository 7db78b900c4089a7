/** Keeps an app's unsent events, thread by thread, so that a reload does not lose them. */

import { type Json, LIMITS, MESSAGE_ID_PATTERN } from '@session-monitor/protocol';
import { MAX_OUTBOX_ENTRIES, type Named } from '../core/outbox.js';
import type { SessionStorage } from '../platform/storage.js';

export interface OutboxAppEvent extends Named {
  readonly event: string;
  readonly data: Json;
}

const keyOf = (thread_id: string): string => `session_monitor:events:${thread_id}`;

/** Any script may write to the storage of a page: leaves out what cannot be an event. */
export function loadEvents(
  storage: SessionStorage | null,
  thread_id: string,
): readonly OutboxAppEvent[] {
  try {
    const text = storage?.getItem(keyOf(thread_id)) ?? 'null';
    const { entries } = (JSON.parse(text) ?? {}) as { readonly entries?: unknown };
    if (!Array.isArray(entries)) return [];
    return entries
      .slice(0, MAX_OUTBOX_ENTRIES)
      .filter(isOutboxAppEvent)
      .map(({ message_id, event, data }) => ({ message_id, thread_id, event, data }));
  } catch {
    return [];
  }
}

/** Events that cannot be saved are lost with the page; nothing else is. */
export function saveEvents(
  storage: SessionStorage | null,
  thread_id: string,
  entries: readonly OutboxAppEvent[],
): void {
  try {
    storage?.setItem(keyOf(thread_id), JSON.stringify({ entries }));
  } catch {
    // Quota, private mode.
  }
}

const isOutboxAppEvent = (value: unknown): value is OutboxAppEvent => {
  const { message_id, event, data } = (value ?? {}) as Partial<OutboxAppEvent>;
  return (
    typeof message_id === 'string' &&
    MESSAGE_ID_PATTERN.test(message_id) &&
    typeof event === 'string' &&
    data !== undefined &&
    JSON.stringify(data).length <= LIMITS.maxEventBytes
  );
};
