/** A data directory with enough in it that copying and checking it takes a moment. */

import { openLmdbStore } from '@session-monitor/server/lmdb';
import { times } from './until.js';

const EVENT_BYTES = 4_000;
const EVENTS_AT_ONCE = 250;

/** Writes so many megabytes of events to ten threads. */
export async function fillStore(path: string, megabytes: number): Promise<void> {
  const store = await openLmdbStore({ path });
  const event = JSON.stringify(['filler', 'x'.repeat(EVENT_BYTES)]);
  for (let turn = 0; turn < megabytes; turn += 1) {
    await Promise.all(
      times(EVENTS_AT_ONCE, (index) => store.logs.append(`filler-${index % 10}`, [event])),
    );
  }
  await store.close();
}
