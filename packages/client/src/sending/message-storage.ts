/** Keeps unsent messages, thread by thread, so that a reload does not lose them. */

import { LIMITS, MESSAGE_ID_PATTERN } from '@session-monitor/protocol';
import { MAX_OUTBOX_ENTRIES, type OutboxMessage } from '../core/outbox.js';
import type { SessionStorage } from '../platform/storage.js';

const keyOf = (thread_id: string): string => `session_monitor:outbox:${thread_id}`;

/** Any script may write to the storage of a page: leaves out what cannot be a message. */
export function loadMessages(
  storage: SessionStorage | null,
  thread_id: string,
): readonly OutboxMessage[] {
  try {
    const saved: unknown = JSON.parse(storage?.getItem(keyOf(thread_id)) ?? '[]');
    if (!Array.isArray(saved)) return [];
    return saved.slice(0, MAX_OUTBOX_ENTRIES).flatMap((each) => {
      const { message_id, user_input, policy } = (each ?? {}) as Partial<OutboxMessage>;
      const good =
        typeof message_id === 'string' &&
        MESSAGE_ID_PATTERN.test(message_id) &&
        typeof user_input === 'string' &&
        user_input.length <= LIMITS.maxUserInputLength;
      if (!good) return [];
      const known = policy === 'queue' || policy === 'reject' || policy === 'cancel_previous';
      return [{ message_id, thread_id, user_input, ...(known && { policy }) }];
    });
  } catch {
    return [];
  }
}

/** Messages that cannot be saved are lost with the page; nothing else is. */
export function saveMessages(
  storage: SessionStorage | null,
  thread_id: string,
  entries: readonly OutboxMessage[],
): void {
  try {
    const kept = entries.map(({ message_id, user_input, policy }) => ({
      message_id,
      user_input,
      ...(policy && { policy }),
    }));
    storage?.setItem(keyOf(thread_id), JSON.stringify(kept));
  } catch {
    // Quota, private mode.
  }
}
