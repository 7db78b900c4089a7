import { expect, test } from 'vitest';
import type { SessionRecord, SessionState } from '../store.js';
import { LmdbSessionCounts } from './session-counts.js';

const stored = (session_id: string, state: SessionState) =>
  ({ session_id, state }) as SessionRecord;

function countsOver(count: number, whenRead: (part: number, counts: LmdbSessionCounts) => void) {
  const records = new Map<string, SessionRecord>();
  const id = (n: number) => `s${String(n).padStart(5, '0')}`;
  for (let n = 0; n < count; n += 1) records.set(id(n), stored(id(n), 'disconnected'));
  let parts = 0;
  const counts: LmdbSessionCounts = new LmdbSessionCounts({
    read(after, limit) {
      const ids = [...records.keys()].sort().filter((each) => each > after);
      const page = ids.slice(0, limit).flatMap((each) => records.get(each) ?? []);
      return { records: page, last: ids.length < limit ? undefined : page.at(-1)?.session_id };
    },
    turn: async () => {
      parts += 1;
      whenRead(parts, counts);
    },
  });
  const write = (n: number, state: SessionState) => {
    counts.written(id(n), records.get(id(n)), stored(id(n), state));
    records.set(id(n), stored(id(n), state));
  };
  return { counts, write, parts: () => parts };
}

test('nothing is read before the counts are asked for, and once then', async () => {
  const { counts, write, parts } = countsOver(1_200, () => {});
  write(5, 'connected');
  expect(parts()).toBe(0);
  const [one, other] = await Promise.all([counts.all(), counts.all()]);
  expect(one).toEqual({ connected: 1, disconnected: 1_199, expired: 0 });
  expect(other).toEqual(one);
  expect(parts()).toBe(3);
  write(6, 'expired');
  expect(await counts.all()).toEqual({ connected: 1, disconnected: 1_198, expired: 1 });
  expect(parts()).toBe(3);
});

test('what is written while they are counted is counted once', async () => {
  const { counts, write } = countsOver(1_200, (part) => {
    if (part !== 1) return;
    // One that is counted already, one that is not, and a new one of each kind.
    write(3, 'connected');
    write(1_100, 'connected');
    write(2_000, 'expired');
  });
  expect(await counts.all()).toEqual({ connected: 2, disconnected: 1_198, expired: 1 });
});
