/**
 * A part of a thread's log as `/debug/threads/:thread_id/log` shows it: which events there are, and how large they are. What
 * was written is a question of its kind, with a permission for it.
 */

import { LIMITS } from '@session-monitor/protocol';
import type { SessionServerInternals } from '../../session-engine.js';
import type { EventBatch } from '../../stores/event-batch.js';

interface LogRow {
  readonly offset: number;
  readonly event: string;
  /** Of the event's data as JSON, encoded. */
  readonly bytes: number;
  /** The run that wrote it, if its data names one. */
  readonly run_id: string | null;
}

/** An event with what was written. */
interface WrittenRow extends LogRow {
  readonly data: unknown;
}

interface LogWindow<Row extends LogRow> {
  readonly thread_id: string;
  readonly exists: boolean;
  readonly head: number;
  /** The first offset that is still kept; null for none. */
  readonly first_kept: number | null;
  readonly events: readonly Row[];
  /** Whether there are later ones. */
  readonly more: boolean;
}

export class LogWindows {
  readonly #store: SessionServerInternals['store'];

  constructor({ store }: Pick<SessionServerInternals, 'store'>) {
    this.#store = store;
  }

  /**
   * @param from the first offset; undefined for the newest ones
   * @param limit the most events
   */
  of(thread_id: string, from: number | undefined, limit: number): Promise<LogWindow<LogRow>> {
    return this.#read(thread_id, from, limit, rowOf);
  }

  /** The same with what was written. */
  written(
    thread_id: string,
    from: number | undefined,
    limit: number,
  ): Promise<LogWindow<WrittenRow>> {
    return this.#read(thread_id, from, limit, (offset, text) => ({
      ...rowOf(offset, text),
      data: dataOf(text),
    }));
  }

  async #read<Row extends LogRow>(
    thread_id: string,
    from: number | undefined,
    limit: number,
    view: View<Row>,
  ): Promise<LogWindow<Row>> {
    const known = await this.#store.logs.head(thread_id);
    if (!known) {
      return { thread_id, exists: false, head: 0, first_kept: null, events: [], more: false };
    }
    const after = Math.max(0, from === undefined ? known.offset - limit : from - 1);
    const limits = { maxBytes: LIMITS.windowBytes };
    const { head, batches } = await this.#store.logs.read(thread_id, after, limits);
    const events = batches.flatMap((batch) => rowsOf(batch, after, limit, view)).slice(0, limit);
    return {
      thread_id,
      exists: true,
      head: head.offset,
      first_kept: head.base < head.offset ? head.base + 1 : null,
      events,
      more: (events.at(-1)?.offset ?? head.offset) < head.offset,
    };
  }
}

/** @param text the event as it is encoded: `["name",data]` */
type View<Row> = (offset: number, text: string) => Row;

/** The events of a batch behind an offset, at most so many. */
function rowsOf<Row>(
  batch: EventBatch,
  after: number,
  limit: number,
  view: View<Row>,
): readonly Row[] {
  const first = Math.max(batch.first, after + 1);
  const count = Math.min(batch.last - first + 1, limit);
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    view(first + index, batch.text(first + index, first + index)),
  );
}

const dataOf = (text: string): unknown => (JSON.parse(text) as [string, unknown])[1] ?? null;

function rowOf(offset: number, text: string): LogRow {
  const [event] = JSON.parse(text) as [string];
  const { run_id } = (dataOf(text) ?? {}) as { readonly run_id?: unknown };
  return {
    offset,
    event,
    bytes: Buffer.byteLength(text),
    run_id: typeof run_id === 'string' ? run_id : null,
  };
}
