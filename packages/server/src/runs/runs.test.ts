/** Runs of two nodes on one store: expired leases reveal a lost node. */

import { storageFullFault } from '@session-monitor/protocol/rules';
import { expect, test } from 'vitest';
import { LimitHits } from '../observe/limit-hits.js';
import { Metrics } from '../observe/metrics/metrics.js';
import { silentLogger } from '../observe/trace.js';
import { DEFAULT_SETTINGS } from '../options.js';
import type { Responder } from '../responders/responder.js';
import { createMemoryStore } from '../stores/memory.js';
import type { Store } from '../stores/store.js';
import { type Clock, systemEntropy } from '../util/clock.js';
import { ServerError } from '../util/errors.js';
import { Runs } from './runs.js';

const LEASE_MS = DEFAULT_SETTINGS.runLeaseMs;

/** Time that advances on command; a node whose timers are frozen hangs. */
class TestClock {
  wall = 1_000_000;
  readonly #timers: { at: number; fn: () => void; node: string }[] = [];
  readonly frozen = new Set<string>();

  of(node: string): Clock {
    return {
      now: () => this.wall,
      wall: () => this.wall,
      after: (ms, fn) => {
        const timer = { at: this.wall + ms, fn, node };
        this.#timers.push(timer);
        return () => {
          const index = this.#timers.indexOf(timer);
          if (index >= 0) this.#timers.splice(index, 1);
        };
      },
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.wall + ms;
    for (;;) {
      const due = this.#timers
        .filter(({ at, node }) => at <= end && !this.frozen.has(node))
        .sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.wall = due.at;
      this.#timers.splice(this.#timers.indexOf(due), 1);
      due.fn();
      await settle();
    }
    this.wall = end;
  }
}

/** Waits for all consequences: the memory store needs microtasks only. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const clock = new TestClock();
  const store = createMemoryStore({ clock: clock.of('store') });
  let say: (word: string | undefined) => void = () => {};
  const responder: Responder = async function* () {
    for (;;) {
      const word = await new Promise<string | undefined>((resolve) => {
        say = resolve;
      });
      if (word === undefined) return;
      yield { type: 'message', delta: word };
    }
  };
  const node = (name: string) =>
    new Runs({
      store,
      responder,
      turns: { run: (work) => work() },
      clock: clock.of(name),
      entropy: systemEntropy,
      settings: DEFAULT_SETTINGS,
      trace: () => {},
      hits: new LimitHits(clock.of(name), () => {}),
      metrics: new Metrics(),
      logger: silentLogger,
      node: name,
    });
  const speak = async (word?: string) => {
    say(word);
    await settle();
  };
  return { clock, store, one: node('one'), two: node('two'), speak };
}

const message = { thread_id: 't', user_input: 'Well?', user_id: null, publish: true } as const;

async function eventsOf(store: Store): Promise<string[]> {
  const { batches } = await store.logs.read('t', 0, { maxBytes: 1_000_000 });
  return batches.flatMap((batch) =>
    (JSON.parse(`[${batch.text()}]`) as [string, { delta?: string; status?: string }][]).map(
      ([event, { delta, status }]) => [event, delta ?? status].filter(Boolean).join(' '),
    ),
  );
}

test('a live node keeps its runs, however long they take', async () => {
  const { clock, store, one, two, speak } = setUp();
  await one.submit(message);
  for (const word of ['a', 'b', 'c']) {
    await settle();
    await clock.advance(LEASE_MS);
    expect(await two.recover()).toBe(0);
    await speak(word);
  }
  await speak();
  const words = ['message a', 'message b', 'message c'];
  expect(await eventsOf(store)).toEqual(['run_started', ...words, 'run_finished completed']);
});

test('a reply that the store has no room for ends, and says why', async () => {
  const { store, one, speak } = setUp();
  await one.submit(message);
  await settle();
  await speak('a');
  const { append } = store.logs;
  // Its end is written: a full store admits that.
  store.logs.append = (log_id, events, options) =>
    options?.fence?.finish
      ? append.call(store.logs, log_id, events, options)
      : Promise.reject(new ServerError('ERR_REFUSED', 'full', { fault: storageFullFault }));
  await speak('b');
  expect(await eventsOf(store)).toEqual(['run_started', 'message a', 'run_finished failed']);
  const { batches } = await store.logs.read('t', 0, { maxBytes: 1_000_000 });
  expect(batches.map((batch) => batch.text()).join()).toContain('"code":"storage_full"');
  expect(one.size).toBe(0);
  const refused = one.submit({ ...message, user_input: 'And now?' });
  await expect(refused).rejects.toMatchObject({ fault: { code: 'storage_full' } });
  await settle();
  expect(one.size).toBe(0);
});

test('another node ends the run of a lost node, whose later parts are not written', async () => {
  const { clock, store, one, two, speak } = setUp();
  const run = await one.submit({ ...message, message_id: 'm' });
  await settle();
  await speak('a');
  clock.frozen.add('one');
  await clock.advance(LEASE_MS - 1);
  expect(await two.recover()).toBe(0);
  await clock.advance(1);
  expect(await two.recover()).toBe(1);
  const ended = ['run_started', 'message a', 'run_finished interrupted'];
  expect(await eventsOf(store)).toEqual(ended);
  // The lost node comes back.
  clock.frozen.delete('one');
  await speak('b');
  if (run.ok) await run.value.ended;
  expect(await eventsOf(store)).toEqual(ended);
  expect(one.size).toBe(0);
  // A repeated request on any node gets that run.
  const again = await two.submit({ ...message, message_id: 'm' });
  expect(again).toMatchObject({ ok: true, value: { record: { status: 'interrupted' } } });
});

test('a node that has lost a lease ends the run without writing', async () => {
  const { clock, store, one, two } = setUp();
  const run = await one.submit(message);
  await settle();
  clock.frozen.add('one');
  await clock.advance(LEASE_MS);
  await two.recover();
  clock.frozen.delete('one');
  await clock.advance(LEASE_MS);
  if (run.ok) await run.value.ended;
  expect(one.size).toBe(0);
  expect(await eventsOf(store)).toEqual(['run_started', 'run_finished interrupted']);
});

test('a run on another node is cancelled through the store', async () => {
  const { store, one, two, speak } = setUp();
  const run = await one.submit(message);
  await settle();
  await speak('a');
  const run_id = run.ok ? run.value.record.run_id : '';
  expect(await two.cancel('t', run_id)).toMatchObject({ ok: true, value: { status: 'cancelled' } });
  await speak('b');
  if (run.ok) await run.value.ended;
  expect(await eventsOf(store)).toEqual(['run_started', 'message a', 'run_finished cancelled']);
});

test('two nodes that get the same message at once start one run', async () => {
  const { store, one, two, speak } = setUp();
  const nodes = [one, two];
  const run = await Promise.all(nodes.map((each) => each.submit({ ...message, message_id: 'm' })));
  expect(run.map((each) => each.ok && each.value.record.run_id)).toEqual(
    run.map(() => run[0]?.ok && run[0].value.record.run_id),
  );
  await settle();
  await speak();
  expect(await eventsOf(store)).toEqual(['run_started', 'run_finished completed']);
  expect(nodes.map(({ size }) => size)).toEqual([0, 0]);
});
