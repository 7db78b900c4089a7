/** A process that opens one image after another, as a server does, and reads each in full. */

import { openLmdbStore } from '@session-monitor/server/lmdb';
import { answerWith } from '../../support/answer.mjs';
import { eventText, readEvent } from '../record.js';
import type { Opened, OpenRequest, Repeated, ThreadImage } from './messages.js';

type Store = Awaited<ReturnType<typeof openLmdbStore>>;

const READ_BYTES = 256 * 1024;
const WRITE_ROUNDS = 20;

export type OpenerHandlers = { readonly open: typeof open };

answerWith({ open });

async function open(request: OpenRequest): Promise<Opened> {
  let store: Store;
  try {
    store = await openLmdbStore({ path: request.path });
  } catch (error) {
    return failure(error, 'open');
  }
  try {
    const threads: ThreadImage[] = [];
    for (const thread_id of request.threads) {
      const image = await readThread(store, thread_id);
      if (image) threads.push(image);
    }
    const openRuns = (await store.runs.open()).map(({ run_id }) => run_id);
    const repeated = await repeat(store, request.repeats);
    await writeOn(store, threads);
    return { result: 'opened', threads, openRuns, repeated };
  } catch (error) {
    return failure(error, 'read');
  } finally {
    await store.close().catch(() => {});
  }
}

function failure(error: unknown, when: 'open' | 'read'): Opened {
  const { code, message, stack } = error as Error & { code?: unknown };
  if (typeof code === 'string' && code.startsWith('ERR_STORE_')) {
    return { result: 'refused', when, code, message };
  }
  return { result: 'crashed', message: `${when}: ${String(code)} ${stack ?? message}` };
}

async function readThread(store: Store, thread_id: string): Promise<ThreadImage | undefined> {
  const head = await store.logs.head(thread_id);
  if (!head) return undefined;
  const events: ThreadImage['events'][number][] = [];
  for (let after = head.base; after < head.offset; ) {
    const { batches } = await store.logs.read(thread_id, after, { maxBytes: READ_BYTES });
    // An empty read below the head is a hole.
    if (batches.length === 0) break;
    for (const batch of batches) {
      for (let offset = after + 1; offset <= batch.last; offset += 1) {
        events.push(offset < batch.first ? null : (readEvent(batch.text(offset, offset)) ?? null));
      }
      after = Math.max(after, batch.last);
    }
  }
  const { epoch, base, offset } = head;
  return { thread_id, epoch, base, offset, events };
}

/** Appends to the image must not destroy anything in it: the list of free pages may be damaged, too. */
async function writeOn(store: Store, threads: readonly ThreadImage[]): Promise<void> {
  for (let round = 0; round < WRITE_ROUNDS; round += 1) {
    const text = eventText(`new-${round}`, 0);
    await Promise.all(threads.map(({ thread_id }) => store.logs.append(thread_id, [text, text])));
  }
  for (const before of threads) {
    const after = await readThread(store, before.thread_id);
    const same =
      after?.epoch === before.epoch &&
      JSON.stringify(after.events.slice(0, before.events.length)) === JSON.stringify(before.events);
    if (!same) throw new Error(`'${before.thread_id}' has changed after an append`);
  }
}

async function repeat(store: Store, repeats: OpenRequest['repeats']): Promise<readonly Repeated[]> {
  const repeated: Repeated[] = [];
  for (const { thread_id, id, count } of repeats) {
    const events = Array.from({ length: count }, (_, index) => eventText(id, index));
    const outcome = await store.logs.append(thread_id, events, { message_id: id });
    if (outcome.outcome === 'fenced' || outcome.outcome === 'unknown') continue;
    const { epoch, first, last } = outcome;
    repeated.push({ id, outcome: outcome.outcome, epoch, first, last });
  }
  return repeated;
}
