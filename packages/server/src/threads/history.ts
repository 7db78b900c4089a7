/** The conversation of a thread, read backwards from its end, up to a limit in bytes. */

import { RUN_EVENTS } from '@session-monitor/protocol';
import type { LogStore } from '../stores/store.js';
import type { CatchUpTurns } from './catch-up-turns.js';

export interface HistoryDeps {
  readonly logs: Pick<LogStore, 'head' | 'read'>;
  /** In which it reads. */
  readonly turns: Pick<CatchUpTurns, 'run'>;
}

/** One side's words. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** How much of a conversation to read. */
export interface HistoryOptions {
  /** Bytes of text; whole turns, the newest. */
  readonly maxBytes: number;
}

/** Enough for some dozen turns of a chat. */
const DEFAULT_MAX_BYTES = 16 * 1024;
/** One step back through the log. */
const PAGE_EVENTS = 1_000;
const READ_BYTES = 256 * 1024;
/** How far back a read goes: bounds what one message can make the store read (I9). */
const MAX_EVENTS = 50_000;

/** A run's words, as far as they have been found. */
interface Exchange {
  message: string | undefined;
  /** Where it was asked; before everything that was found if its beginning was not. */
  asked: number;
  reply: string;
}

interface Read {
  readonly offset: number;
  readonly event: string;
  readonly data: { readonly [field: string]: unknown };
}

/**
 * The messages of a thread that were sent before a run's own, each with its reply as far as there is
 * one, oldest first.
 *
 * @param run_id undefined: all of them
 */
export async function readHistory(
  { logs, turns }: HistoryDeps,
  thread_id: string,
  run_id: string | undefined,
  { maxBytes }: HistoryOptions = { maxBytes: DEFAULT_MAX_BYTES },
): Promise<readonly Turn[]> {
  const head = await logs.head(thread_id);
  if (!head) return [];
  let events: readonly Read[] = [];
  let exchanges: readonly Exchange[] = [];
  const oldest = Math.max(head.base, head.offset - MAX_EVENTS);
  for (let to = head.offset; to > oldest; ) {
    const from = Math.max(oldest, to - PAGE_EVENTS);
    const later = events;
    events = await turns.run(async () => [
      ...(await readRange(logs, thread_id, from, to)),
      ...later,
    ]);
    exchanges = exchangesBefore(events, run_id);
    // The oldest of them may lack its beginning.
    if (exchanges.slice(1).reduce((sum, each) => sum + sizeOf(each), 0) > maxBytes) break;
    to = from;
  }
  return newest(exchanges, maxBytes).flatMap(turnsOf);
}

async function readRange(
  logs: Pick<LogStore, 'read'>,
  thread_id: string,
  after: number,
  to: number,
): Promise<readonly Read[]> {
  const events: Read[] = [];
  for (let next = after; next < to; ) {
    const { batches } = await logs.read(thread_id, next, { maxBytes: READ_BYTES });
    const last = batches.at(-1)?.last ?? 0;
    if (last <= next) break;
    for (const batch of batches) {
      const from = Math.max(batch.first, next + 1);
      const until = Math.min(batch.last, to);
      if (from > until) continue;
      const entries: readonly [string, unknown][] = JSON.parse(`[${batch.text(from, until)}]`);
      entries.forEach(([event, data], index) => {
        if (typeof data !== 'object' || data === null) return;
        events.push({ offset: from + index, event, data: { ...data } });
      });
    }
    next = last;
  }
  return events;
}

function exchangesBefore(events: readonly Read[], run_id: string | undefined): readonly Exchange[] {
  const found = new Map<string, Exchange>();
  for (const { offset, event, data } of events) {
    if (typeof data.run_id !== 'string') continue;
    const exchange = found.get(data.run_id) ?? { message: undefined, asked: 0, reply: '' };
    found.set(data.run_id, exchange);
    if (event === RUN_EVENTS.started) {
      exchange.asked = offset;
      if (typeof data.user_input === 'string') exchange.message = data.user_input;
    }
    if (event === RUN_EVENTS.message && typeof data.delta === 'string') {
      exchange.reply += data.delta;
    }
  }
  const own = run_id === undefined ? undefined : found.get(run_id);
  const asked = own?.asked ?? Number.POSITIVE_INFINITY;
  if (run_id !== undefined) found.delete(run_id);
  return [...found.values()]
    .filter((each) => each.asked < asked)
    .sort((one, other) => one.asked - other.asked);
}

function newest(exchanges: readonly Exchange[], maxBytes: number): readonly Exchange[] {
  let bytes = 0;
  let index = exchanges.length;
  while (index > 0) {
    const exchange = exchanges[index - 1];
    bytes += exchange ? sizeOf(exchange) : 0;
    if (bytes > maxBytes) break;
    index -= 1;
  }
  return exchanges.slice(index);
}

const sizeOf = ({ message = '', reply }: Exchange): number =>
  Buffer.byteLength(message) + Buffer.byteLength(reply);

function turnsOf({ message, reply }: Exchange): readonly Turn[] {
  // A reply without its message is half a conversation.
  if (message === undefined) return [];
  const asked = { role: 'user', text: message } as const;
  return reply === '' ? [asked] : [asked, { role: 'assistant', text: reply }];
}
