/** The list of threads: reads and changes it for HTTP and for programs. */

import {
  fault,
  ok,
  type Result,
  refused,
  THREAD_LIST_LIMITS,
  type ThreadChange,
  type ThreadSummary,
  type ThreadsPage,
  type ThreadsQuery,
} from '@session-monitor/protocol';
import type { ThreadEntry, ThreadPlace, ThreadStore } from '../stores/store.js';
import { isoTime } from '../util/iso-time.js';

const { defaultPage, maxMetadataBytes } = THREAD_LIST_LIMITS;

export class ThreadList {
  readonly #threads: ThreadStore;

  constructor(threads: ThreadStore) {
    this.#threads = threads;
  }

  async page({ user_id, cursor, limit = defaultPage }: ThreadsQuery): Promise<ThreadsPage> {
    const entries = await this.#threads.list({
      ...(user_id !== undefined && { user_id }),
      ...(cursor !== undefined && { after: placeOf(cursor) }),
      // One more tells whether there is a next page.
      limit: limit + 1,
    });
    const shown = entries.slice(0, limit);
    const last = shown.at(-1);
    const more = entries.length > limit && last;
    return { threads: shown.map(summaryOf), cursor: more ? cursorOf(last) : null };
  }

  async get(thread_id: string): Promise<Result<ThreadSummary>> {
    const entry = await this.#threads.get(thread_id);
    return entry ? ok(summaryOf(entry)) : refused(unknownFault);
  }

  /**
   * Resolves with the thread as it is then. Refuses `bad_request` for a change of nothing, `too_large` for metadata over
   * its limit, and `thread_unknown`.
   */
  async update(thread_id: string, change: ThreadChange): Promise<Result<ThreadSummary>> {
    if (Object.keys(change).length === 0) return refused(nothingFault);
    const bytes = change.metadata && Buffer.byteLength(JSON.stringify(change.metadata));
    if (bytes !== undefined && bytes > maxMetadataBytes) return refused(tooLarge(bytes));
    const entry = await this.#threads.update(thread_id, change);
    return entry ? ok(summaryOf(entry)) : refused(unknownFault);
  }
}

/** A cursor is the place of the last thread that was shown: `1764432000000.my-thread`. */
const cursorOf = ({ last_activity, thread_id }: ThreadPlace): string =>
  `${last_activity}.${thread_id}`;

function placeOf(cursor: string): ThreadPlace {
  const dot = cursor.indexOf('.');
  return { last_activity: Number(cursor.slice(0, dot)), thread_id: cursor.slice(dot + 1) };
}

const summaryOf = ({ created_at, last_activity, ...entry }: ThreadEntry): ThreadSummary => ({
  ...entry,
  created_at: isoTime(created_at),
  last_activity: isoTime(last_activity),
});

const nothingFault = fault(
  'bad_request',
  "There is nothing to change. Send 'title', 'metadata' or both.",
);

const unknownFault = fault(
  'thread_unknown',
  'There is no such thread: nothing was written to it, or it was erased.',
);

const tooLarge = (bytes: number) =>
  fault(
    'too_large',
    `'metadata' has ${bytes} bytes as JSON, more than ${maxMetadataBytes}. Keep larger data in your own database.`,
    { field: 'metadata' },
  );
