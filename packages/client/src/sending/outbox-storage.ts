/**
 * Keeps unsent messages and events, thread by thread, so that a reload does not lose them. What cannot be saved is lost
 * with the page; nothing else is. Any script may write to the storage of a page: leaves out what cannot be an entry.
 */

import { type Json, MAX_USER_INPUT_LENGTH, MESSAGE_ID_PATTERN } from '@session-monitor/protocol';
import { MAX_OUTBOX_ENTRIES, type Named, type OutboxMessage } from '../core/outbox.js';
import { readJson, type SessionStorage, writeJson } from '../platform/storage.js';
import { isSendable } from './messages.js';

type Storage = SessionStorage | null;

export interface OutboxAppEvent extends Named {
  readonly event: string;
  readonly data: Json;
}

const messagesKey = (thread_id: string): string => `session_monitor:outbox:${thread_id}`;
const eventsKey = (thread_id: string): string => `session_monitor:events:${thread_id}`;

export function loadMessages(storage: Storage, thread_id: string): readonly OutboxMessage[] {
  return entriesOf<OutboxMessage>(readJson(storage, messagesKey(thread_id))).flatMap((each) => {
    const { message_id, user_input, policy } = each;
    const isMessage = typeof user_input === 'string' && user_input.length <= MAX_USER_INPUT_LENGTH;
    if (!isMessage) return [];
    const known = policy === 'queue' || policy === 'reject' || policy === 'cancel_previous';
    return [{ message_id, thread_id, user_input, ...(known && { policy }) }];
  });
}

export function saveMessages(
  storage: Storage,
  thread_id: string,
  entries: readonly OutboxMessage[],
): void {
  const kept = entries.map(({ message_id, user_input, policy }) => ({
    message_id,
    user_input,
    ...(policy && { policy }),
  }));
  writeJson(storage, messagesKey(thread_id), kept);
}

export function loadEvents(storage: Storage, thread_id: string): readonly OutboxAppEvent[] {
  const { entries } = (readJson(storage, eventsKey(thread_id)) ?? {}) as { entries?: unknown };
  return entriesOf<OutboxAppEvent>(entries).flatMap(({ message_id, event, data }) => {
    const isEvent =
      typeof event === 'string' && data !== undefined && isSendable(event, JSON.stringify(data));
    return isEvent ? [{ message_id, thread_id, event, data }] : [];
  });
}

export const saveEvents = (
  storage: Storage,
  thread_id: string,
  entries: readonly OutboxAppEvent[],
): void => writeJson(storage, eventsKey(thread_id), { entries });

/** The entries that have a name. */
function entriesOf<E extends Named>(
  saved: unknown,
): readonly (Partial<E> & Pick<Named, 'message_id'>)[] {
  if (!Array.isArray(saved)) return [];
  return saved.slice(0, MAX_OUTBOX_ENTRIES).filter((each) => {
    const { message_id } = (each ?? {}) as Partial<Named>;
    return typeof message_id === 'string' && MESSAGE_ID_PATTERN.test(message_id);
  });
}
