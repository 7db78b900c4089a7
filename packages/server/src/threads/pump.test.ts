import type { Window } from '@session-monitor/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../stores/memory.js';
import type { LogStore, Store } from '../stores/store.js';
import { pumpFrom as pumpOf, settled, TestLink, THREAD } from './pump.fixture.js';
import type { Pacer, Pump } from './pump.js';
import { ThreadLog } from './thread-log.js';

describe('the pump', () => {
  let store: Store;
  let log: ThreadLog;
  let link: TestLink;
  let errors: unknown[];

  beforeEach(async () => {
    store = createMemoryStore();
    log = await ThreadLog.open(THREAD, { logs: store.logs });
    link = new TestLink();
    errors = [];
  });

  async function publish(count: number, bytes = 10): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      await store.logs.append(THREAD, [JSON.stringify(['e', 'x'.repeat(bytes - 8)])]);
    }
    await settled();
  }

  /** Reopens the log, so that earlier events must be read from the store. */
  async function reopenLog(): Promise<void> {
    log.close();
    log = await ThreadLog.open(THREAD, { logs: store.logs });
  }

  const pumpFrom = (after: number, window?: Partial<Window>, pacer?: Pacer): Pump =>
    pumpOf(after, { log, link, errors, window, pacer });

  function startedFrom(...args: Parameters<typeof pumpFrom>): Pump {
    const pump = pumpFrom(...args);
    pump.start();
    return pump;
  }

  async function acknowledge(pump: Pump, offset: number): Promise<void> {
    pump.acknowledge(log.head.epoch, offset);
    await settled();
  }

  test('sends nothing before it is started, then everything after its position', async () => {
    await publish(5);
    const pump = pumpFrom(2);
    await publish(1);
    pump.wake();
    expect(link.frames).toEqual([]);
    pump.start();
    await settled();
    expect(link.offsets).toEqual([3, 4, 5, 6]);
    await publish(2);
    expect(link.offsets).toEqual([3, 4, 5, 6, 7, 8]);
    expect(pump).toMatchObject({ sent: 8, acknowledged: 2, waiting: null });
  });

  test('sends what came while the transport was busy as one frame', async () => {
    const pump = startedFrom(0);
    link.open = false;
    await publish(50);
    expect(link.frames).toEqual([]);
    expect(pump.waiting).toBe('transport');
    link.drain();
    await settled();
    expect(link.frames.length).toBe(1);
    expect(link.offsets.length).toBe(50);
  });

  test('stops when its credit is spent, asks for an acknowledgement, and goes on with one', async () => {
    const pump = startedFrom(0, { events: 10 });
    await publish(25);
    expect(link.offsets.length).toBe(10);
    expect(pump.waiting).toBe('credit');
    expect(link.frames.at(-1)?.ack).toBe(true);
    await acknowledge(pump, 4);
    expect(link.offsets.length).toBe(14);
    await acknowledge(pump, 14);
    expect(link.offsets.length).toBe(24);
    await acknowledge(pump, 24);
    expect(link.offsets.length).toBe(25);
    expect(pump.waiting).toBe(null);
  });

  test('counts credit in bytes as well', async () => {
    const pump = startedFrom(0, { bytes: 1_000 });
    await publish(100, 100);
    expect(link.offsets.length).toBeLessThanOrEqual(10);
    expect(link.offsets.length).toBeGreaterThanOrEqual(9);
    expect(pump.waiting).toBe('credit');
  });

  test('sends one entry that is larger than all credit, when nothing is in flight', async () => {
    const pump = startedFrom(0, { bytes: 1_000 });
    await publish(3, 5_000);
    expect(link.offsets).toEqual([1]);
    await acknowledge(pump, 1);
    expect(link.offsets).toEqual([1, 2]);
  });

  test('shares the credit of its link', async () => {
    const pump = startedFrom(0);
    link.left = 500;
    await publish(100, 100);
    expect(link.offsets.length).toBeLessThanOrEqual(6);
    expect(pump.waiting).toBe('credit');
    // Its own window is hardly touched; without asking it would wait for the next ping.
    expect(link.frames.at(-1)?.ack).toBe(true);
    pump.stop();
    expect(link.left).toBe(500);
    expect(link.joined).toBe(0);
  });

  test('an acknowledgement past what was sent, or of another epoch, gives nothing away', async () => {
    const pump = startedFrom(0, { events: 10 });
    await publish(25);
    pump.acknowledge('another', 10);
    expect(pump.acknowledged).toBe(0);
    pump.acknowledge(log.head.epoch, 9_999);
    expect(pump.acknowledged).toBe(10);
    pump.acknowledge(log.head.epoch, 3);
    expect(pump.acknowledged).toBe(10);
  });

  test('a seek moves it back, and frames in flight no longer count', async () => {
    const pump = startedFrom(0, { events: 10 });
    await publish(10);
    pump.seek({ epoch: log.head.epoch, after: 5, cursor: 'moved' });
    await settled();
    expect(link.offsets).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 6, 7, 8, 9, 10]);
    expect(pump.acknowledged).toBe(5);
  });

  test('a read that was begun before it was moved is void', async () => {
    await publish(10);
    await reopenLog();
    const pump = startedFrom(0);
    // The read from 0 is under way.
    pump.seek({ epoch: log.head.epoch, after: 8, cursor: 'moved' });
    await settled();
    expect(link.offsets).toEqual([9, 10]);
  });

  test('announces what was trimmed while it was read, though the log has grown again since', async () => {
    await publish(3);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reads = 0;
    // The first read finds a log that is trimmed up to its head, and takes its time to say so.
    const slow: Pick<LogStore, 'open' | 'follow' | 'read'> = {
      open: (id) => store.logs.open(id),
      follow: (...args) => store.logs.follow(...args),
      async read(...args) {
        const outcome = await store.logs.read(...args);
        reads += 1;
        if (reads === 1) await released;
        return outcome;
      },
    };
    log.close();
    log = await ThreadLog.open(THREAD, { logs: slow as LogStore });
    await store.logs.trim(THREAD, { maxEvents: 0 }, 100);
    pumpFrom(1).start();
    await publish(1);
    release();
    await settled();
    expect(errors).toEqual([]);
    expect(link.frames[0]).toMatchObject({ offset: 4, gap: { from: 2, to: 3, reason: 'trimmed' } });
    expect(link.offsets).toEqual([4]);
    expect(link.frames.map(({ cursor }) => cursor.split('.')[1])).toEqual(['3', '4']);
  });

  test('announces what was trimmed in front of it, with or without events behind', async () => {
    await publish(10);
    await reopenLog();
    const pump = pumpFrom(2);
    await store.logs.trim(THREAD, { maxEvents: 4 }, 100);
    pump.start();
    await settled();
    expect(link.frames[0]).toMatchObject({ offset: 7, gap: { from: 3, to: 6, reason: 'trimmed' } });
    expect(link.offsets).toEqual([7, 8, 9, 10]);

    const late = pumpFrom(8);
    await store.logs.trim(THREAD, { maxEvents: 0 }, 100);
    late.start();
    await settled();
    expect(link.frames.at(-1)).toMatchObject({ offset: 11, gap: { from: 9, to: 10 } });
    expect(link.frames.at(-1)).not.toHaveProperty('slice');
    await publish(1);
    expect(link.offsets.at(-1)).toBe(11);
  });

  test('announces an erased thread and goes on with the new one', async () => {
    startedFrom(0);
    await publish(3);
    const { epoch } = await store.logs.delete(THREAD);
    await publish(2);
    expect(link.frames[0]?.epoch).not.toBe(epoch);
    const [reset, ...after] = link.frames.filter((frame) => frame.epoch === epoch);
    expect(reset).toMatchObject({ epoch, offset: 1, reset: { reason: 'deleted', from: 1 } });
    expect(after.flatMap(({ slice }) => slice?.to ?? [])).toEqual([1, 2]);
  });

  test('reports a log that cannot be read, and tries again at the next wake', async () => {
    await publish(1);
    await reopenLog();
    const { read } = store.logs;
    store.logs.read = () => Promise.reject(new Error('disk'));
    startedFrom(0);
    await settled();
    expect(errors).toEqual([new Error('disk')]);
    expect(link.frames).toEqual([]);
    store.logs.read = read;
    await publish(1);
    expect(link.offsets).toEqual([1, 2]);
  });

  test('reports a log that lacks events, and sends nothing under their offsets', async () => {
    await publish(10);
    await reopenLog();
    const { read } = store.logs;
    store.logs.read = async (...args) => {
      const { head, batches } = await read.apply(store.logs, args);
      return { head, batches: batches.filter(({ first }) => first < 4 || first > 6) };
    };
    startedFrom(0);
    await settled();
    expect(link.offsets).toEqual([1, 2, 3]);
    expect(errors).toEqual([new Error('Offsets 4 to 6 are missing from the log')]);
  });

  test('pumps of one link that have read in the same turn do not all send at once', async () => {
    await publish(5);
    const pumps = [pumpFrom(0), pumpFrom(0), pumpFrom(0)];
    const send = link.send;
    link.send = (frame) => {
      send(frame);
      link.open = false;
    };
    for (const pump of pumps) pump.start();
    await settled();
    expect(link.frames.length).toBe(1);
  });

  test('is silent once it has stopped', async () => {
    const pump = startedFrom(0);
    await publish(1);
    pump.stop();
    pump.stop();
    pump.seek({ epoch: log.head.epoch, after: 0, cursor: 'moved' });
    pump.acknowledge(log.head.epoch, 1);
    await publish(5);
    expect(link.offsets).toEqual([1]);
  });

  test('readers at one offset get the same slice', async () => {
    const pumps = [pumpFrom(0), pumpFrom(0), pumpFrom(0)];
    for (const pump of pumps) pump.start();
    await publish(1);
    const slices = new Set(link.frames.map(({ slice }) => slice));
    expect([link.frames.length, slices.size]).toEqual([3, 1]);
  });

  describe('with a window of 50 ms', () => {
    let at: number;
    let askedAt: number | undefined;
    let held: { readonly due: number; readonly reader: { wake(): void } }[];
    const pacer: Pacer = {
      now: () => at,
      windowMs: (asked) => {
        askedAt = asked;
        return 50;
      },
      wakeAt: (due, reader) => held.push({ due, reader }),
    };

    beforeEach(() => {
      at = 1_000;
      held = [];
    });

    test('sends the first at once, and what comes within the window as one frame', async () => {
      const pump = startedFrom(0, {}, pacer);
      await publish(3);
      expect(link.offsets).toEqual([1]);
      expect(pump.waiting).toBe('pacing');
      expect(held.map(({ due }) => due)).toEqual([1_050]);
      at = 1_050;
      held[0]?.reader.wake();
      expect(link.frames.map(({ offset }) => offset)).toEqual([1, 2]);
      expect(link.offsets).toEqual([1, 2, 3]);
      expect(pump.waiting).toBe(null);
    });

    test('asks to be woken once for each window, however often it is woken meanwhile', async () => {
      const pump = startedFrom(0, {}, pacer);
      await publish(1);
      await publish(20);
      expect(held.length).toBe(1);
      at = 1_050;
      pump.wake();
      await publish(20);
      expect([held.length, held[1]?.due]).toEqual([2, 1_100]);
    });

    test('does not hold a reader back that catches up', async () => {
      await publish(250);
      await reopenLog();
      pumpFrom(0, {}, pacer).start();
      await settled();
      expect(link.offsets.length).toBe(250);
      expect(link.frames.length).toBe(3);
      expect(held).toEqual([]);
    });

    test('announces a reset at once', async () => {
      startedFrom(0, {}, pacer);
      await publish(2);
      await store.logs.delete(THREAD);
      await settled();
      expect(link.frames.map(({ reset }) => reset?.reason)).toEqual([undefined, 'deleted']);
    });

    test('knows how long its oldest event in flight waits, and counts what is acknowledged once', async () => {
      const pump = startedFrom(0, {}, pacer);
      await publish(1);
      at = 2_000;
      await publish(1);
      expect([link.offsets, pump.oldestSentAt]).toEqual([[1, 2], 1_000]);
      const { epoch } = log.head;
      expect([1, 1, 99].map((offset) => pump.acknowledge(epoch, offset))).toEqual([1, 0, 1]);
      expect(pump.oldestSentAt).toBe(undefined);
    });

    test('says since when its reader owes an acknowledgement', async () => {
      const pump = startedFrom(0, { events: 3 }, pacer);
      await publish(1);
      expect(askedAt).toBe(undefined);
      at = 2_000;
      await publish(1);
      await publish(1);
      at = 2_100;
      pump.wake();
      expect(link.frames.map(({ ack }) => ack)).toEqual([false, true, true]);
      expect(askedAt).toBe(2_000);
      pump.acknowledge(log.head.epoch, 2);
      await publish(1);
      expect(askedAt).toBe(undefined);
    });
  });
});
