import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import type { LogStore } from '../stores/store.js';
import { CatchUpTurns } from './catch-up-turns.js';
import { pumpFrom as pumpOf, settled, TestLink, THREAD } from './pump.fixture.js';
import type { Pump } from './pump.js';
import { ThreadLog } from './thread-log.js';

describe('a pump that is far behind', () => {
  let logs: LogStore;
  let log: ThreadLog;
  let errors: unknown[];
  let rests: (() => void)[];
  let turns: CatchUpTurns;

  beforeEach(async () => {
    ({ logs } = createMemoryStore());
    errors = [];
    rests = [];
    const after = (_: number, fn: () => void) => {
      rests.push(fn);
      return () => {};
    };
    // Each turn is followed by a rest, which the test ends.
    turns = new CatchUpTurns({ clock: { now: () => 0, after }, budgetMs: 0 });
    for (let n = 0; n < 250; n += 1) await logs.append(THREAD, ['["old",1]']);
    log = await ThreadLog.open(THREAD, { logs, turns });
  });

  async function rest(): Promise<void> {
    await settled();
    for (const end of rests.splice(0)) end();
    await settled();
  }

  function started(after: number, link = new TestLink()): { pump: Pump; link: TestLink } {
    const pump = pumpOf(after, { log, link, errors });
    pump.start();
    return { pump, link };
  }

  test('has a turn for each frame, and others have theirs in between', async () => {
    const [one, other] = [started(0), started(50)];
    await settled();
    expect([one.link.offsets.length, other.link.offsets.length]).toEqual([100, 0]);
    expect([one.pump.waiting, other.pump.waiting]).toEqual(['pacing', 'pacing']);
    await rest();
    expect([one.link.offsets.length, other.link.offsets.length]).toEqual([100, 100]);
    await rest();
    expect([one.link.offsets.length, other.link.offsets.length]).toEqual([200, 100]);
    await rest();
    await rest();
    expect([one.link.offsets.length, other.link.offsets.length]).toEqual([250, 200]);
    expect(one.pump.waiting).toBe(null);
  });

  test('does not hold up a reader whose events are in memory', async () => {
    const live = started(250);
    const late = started(0);
    await settled();
    await logs.append(THREAD, ['["new",1]']);
    await settled();
    expect([live.link.offsets, late.link.offsets.length]).toEqual([[251], 100]);
    expect(turns.waiting).toBe(1);
  });

  test('gives its turn back if it is stopped while it reads', async () => {
    const one = started(0);
    const other = started(50);
    one.pump.stop();
    await rest();
    expect([one.link.offsets.length, other.link.offsets.length]).toEqual([0, 100]);
  });

  test('gives its turn back if its link is busy by then, and asks again when it has drained', async () => {
    const [one, other, third] = [started(0), started(0), started(50)];
    await settled();
    other.link.open = false;
    await rest();
    expect(other.pump.waiting).toBe('transport');
    await rest();
    expect([other.link.offsets.length, third.link.offsets.length]).toEqual([0, 100]);
    other.link.drain();
    while (other.link.offsets.length < 250) await rest();
    expect([one.link.offsets.length, errors]).toEqual([250, []]);
  });

  test('learns of an erasure at once, though it waits for its turn', async () => {
    started(0);
    const { pump, link } = started(50);
    await settled();
    const { epoch } = await logs.delete(THREAD);
    await settled();
    expect(link.frames.map(({ reset }) => reset?.reason)).toEqual(['deleted']);
    expect([pump.epoch, pump.waiting]).toEqual([epoch, null]);
  });

  test('gives its turn back if the log cannot be read', async () => {
    const { read } = logs;
    logs.read = () => Promise.reject(new Error('disk'));
    const one = started(0);
    const other = started(50);
    await settled();
    expect(errors).toEqual([new Error('disk')]);
    logs.read = read;
    await rest();
    expect([one.link.offsets.length, other.link.offsets.length]).toEqual([0, 100]);
  });
});
