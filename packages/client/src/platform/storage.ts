/**
 * Where a tab keeps its session's id and secret. Not the cursor: after a reload the page is empty, and
 * a saved cursor would skip what the user no longer sees.
 */

import { TOKEN_PATTERN } from '@session-monitor/protocol';
import type { SavedSession } from '../core/state.js';

/** The part of `Storage` that is used; `sessionStorage` is one. */
export interface SessionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** The tab's own storage, if there is one and the browser allows it. */
export function tabStorage(): SessionStorage | null {
  try {
    // Reading the property throws where cookies are blocked.
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

const keyOf = (thread_id: string): string => `session_monitor:${thread_id}`;

export function loadSession(
  storage: SessionStorage | null,
  thread_id: string,
): SavedSession | null {
  const { id, secret } = (readJson(storage, keyOf(thread_id)) ?? {}) as Partial<SavedSession>;
  return isToken(id) && isToken(secret) ? { id, secret } : null;
}

/** Any script may write to the storage of a page: ignores what cannot be a session's. */
const isToken = (value: unknown): value is string =>
  typeof value === 'string' && TOKEN_PATTERN.test(value);

/** A session that cannot be saved is a new one after a reload; nothing else is lost. */
export const saveSession = (
  storage: SessionStorage | null,
  thread_id: string,
  session: SavedSession,
): void => writeJson(storage, keyOf(thread_id), session);

/** Null for what is not there or cannot be read. */
export function readJson(storage: SessionStorage | null, key: string): unknown {
  try {
    return JSON.parse(storage?.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** Does nothing where the value cannot be saved: no storage, quota, private mode. */
export function writeJson(storage: SessionStorage | null, key: string, value: unknown): void {
  try {
    storage?.setItem(key, JSON.stringify(value));
  } catch {
    // The page goes on without.
  }
}
