import { expect, test } from 'vitest';
import type { AppendOutcome } from '../../stores/store.js';
import { ManualClock } from '../../util/manual-clock.fixture.js';
import { Metrics } from './metrics.js';
import { type MarkedLog, PublishSamples } from './publish-samples.js';

const EPOCH = 'e';

/** Appends that the test confirms, to threads whose logs have readers or not. */
function stage({ readers = 1 } = {}) {
  const clock = new ManualClock();
  const { histograms, appending } = new Metrics();
  const logs = new Map<string, MarkedLog>();
  const logOf = (thread_id: string): MarkedLog => {
    const log = logs.get(thread_id) ?? { subscribers: readers, mark: undefined };
    logs.set(thread_id, log);
    return log;
  };
  const samples = new PublishSamples({ clock, histograms, appending, logOf });
  const observed = (name: 'durable' | 'sent' | 'acknowledged') => {
    const histogram = histograms[`publish_${name}_seconds`];
    return [histogram.cumulated().at(-1)?.count, Math.round(histogram.sum * 1_000)];
  };
  /** Returns what confirms the append, at an offset. */
  const append = (thread_id = 't') => {
    let settle: (outcome: AppendOutcome) => void = () => {};
    const appended = new Promise<AppendOutcome>((resolve) => {
      settle = resolve;
    });
    samples.follow(thread_id, appended);
    return async (last: number, outcome: 'appended' | 'duplicate' = 'appended') => {
      settle({ outcome, epoch: EPOCH, first: last, last });
      await appended;
    };
  };
  return { clock, samples, append, appending, observed, log: (id = 't') => logOf(id) };
}

test('the way of an event is measured from the request to publish', async () => {
  const { clock, append, appending, observed, log } = stage();
  const requestedAt = clock.now();
  const confirm = append();
  clock.spend(10);
  expect(appending.since).toBe(requestedAt);
  await confirm(5);
  expect(appending.since).toBeUndefined();
  clock.spend(20);
  log().mark?.sent(EPOCH, 5);
  clock.spend(30);
  log().mark?.acknowledged(EPOCH, 5);
  expect(observed('durable')).toEqual([1, 10]);
  expect(observed('sent')).toEqual([1, 30]);
  expect(observed('acknowledged')).toEqual([1, 60]);
  expect(log().mark).toBeUndefined();
});

test('readers that are woken before the append resolves count from when they were sent it', async () => {
  const { clock, append, observed, log } = stage();
  const confirm = append();
  clock.spend(5);
  // An earlier event, then the event itself, to two readers.
  log().mark?.sent(EPOCH, 4);
  clock.spend(5);
  log().mark?.sent(EPOCH, 5);
  clock.spend(50);
  log().mark?.sent(EPOCH, 5);
  await confirm(5);
  expect(observed('sent')).toEqual([1, 10]);
});

test('frames before the event are not its frames, nor acknowledgements before it', async () => {
  const { clock, append, observed, log } = stage();
  await append()(5);
  clock.spend(10);
  log().mark?.sent(EPOCH, 4);
  log().mark?.acknowledged(EPOCH, 9);
  expect([observed('sent'), observed('acknowledged')]).toEqual([
    [0, 0],
    [0, 0],
  ]);
  log().mark?.sent(EPOCH, 6);
  log().mark?.acknowledged(EPOCH, 4);
  expect([observed('sent'), observed('acknowledged')]).toEqual([
    [1, 10],
    [0, 0],
  ]);
});

test('one append at a time is followed, and a log has one mark', async () => {
  const { append, observed, log } = stage();
  const [first, second] = [append('a'), append('b')];
  expect(log('b').mark).toBeUndefined();
  await first(1);
  await second(1);
  expect(observed('durable')).toEqual([1, 0]);
  const marked = log('a').mark;
  await append('a')(2);
  expect(log('a').mark).toBe(marked);
  expect(observed('durable')).toEqual([2, 0]);
});

test('an event without readers has no mark', async () => {
  const { append, observed, log } = stage({ readers: 0 });
  await append()(1);
  expect(log().mark).toBeUndefined();
  expect(observed('durable')).toEqual([1, 0]);
});

test('what was not appended leaves no mark', async () => {
  const { samples, append, observed, log } = stage();
  await append()(1, 'duplicate');
  expect(log().mark).toBeUndefined();
  const failed = Promise.reject(new Error('no disk'));
  samples.follow('t', failed);
  await failed.catch(() => {});
  expect([log().mark, observed('durable')]).toEqual([undefined, [0, 0]]);
  await append()(2);
  expect(observed('durable')).toEqual([1, 0]);
});

test('a log that begins again drops the mark', async () => {
  const { append, observed, log } = stage();
  await append()(5);
  log().mark?.sent('another epoch', 7);
  expect([log().mark, observed('sent')]).toEqual([undefined, [0, 0]]);
});

test('after a minute without a reader a mark counts nothing and makes room', async () => {
  const { clock, append, observed, log } = stage();
  await append()(5);
  clock.spend(60_001);
  log().mark?.sent(EPOCH, 5);
  expect([log().mark, observed('sent')]).toEqual([undefined, [0, 0]]);

  await append()(6);
  const old = log().mark;
  clock.spend(60_001);
  await append()(7);
  expect(log().mark).not.toBe(old);
});
