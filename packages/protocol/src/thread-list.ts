/** The list of threads, as HTTP and programs see it. Times are ISO 8601 in UTC. */

import type { Json } from './messages.js';

/** An app's own data of a thread. */
export type ThreadMetadata = { readonly [key: string]: Json };

/** A thread as the list shows it. */
export interface ThreadSummary {
  readonly thread_id: string;
  /** Null for none. */
  readonly title: string | null;
  /** The owner; null for none. */
  readonly user_id: string | null;
  readonly metadata: ThreadMetadata;
  /** When the thread was entered in the list. */
  readonly created_at: string;
  /** When a reply last began or ended; the list is in this order. */
  readonly last_activity: string;
  /** The last durable offset. */
  readonly head: number;
  /** Whether a reply is being produced, or waits for its turn. */
  readonly running: boolean;
}

/** The body of `GET /threads`. */
export interface ThreadsPage {
  /** The newest activity first. */
  readonly threads: readonly ThreadSummary[];
  /** `cursor` of the next page; null at the end of the list. */
  readonly cursor: string | null;
}

/** The body of `PATCH /threads/:thread_id`. What is left out stays. */
export interface ThreadPatch {
  /** Null removes it. */
  readonly title?: string | null;
  /** Replaces all of it. */
  readonly metadata?: ThreadMetadata;
}

/** What a program may change. */
export interface ThreadChange extends ThreadPatch {
  /** The owner; null removes it. */
  readonly user_id?: string | null;
}

/** The query of `GET /threads`. */
export interface ThreadsQuery {
  /** Only the threads of this owner. */
  readonly user_id?: string;
  /** That of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}
