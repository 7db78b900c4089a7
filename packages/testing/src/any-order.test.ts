/** In any order of faults, an app ends with what the thread holds, or has a gap or reset for the rest. */

import { expect, test } from 'vitest';
import { fakeClock } from './fake-clock.js';
import { type FakeServer, fakeServer } from './fake-server.js';
import { THREAD, tab } from './lab.fixture.js';
import { Random } from './random.js';

const SEEDS = 40;
const STEPS = 60;

/** An app that keeps a conversation as its thread has it, and records violations. */
class Keeper {
  readonly kept = new Map<number, unknown>();
  readonly violations: string[] = [];
  readonly monitor;
  readonly socket;
  #next = 1;

  constructor(server: FakeServer) {
    this.socket = server.socket();
    const { storage } = tab();
    this.monitor = server.monitor({ thread_id: THREAD, storage }, this.socket);
    const { monitor } = this;
    monitor.onAny((_event, data, { offset, span }) => {
      if (offset - span + 1 !== this.#next) {
        this.violations.push(`${offset} came where ${this.#next} was due`);
      }
      for (let each = offset - span + 1; each <= offset; each += 1) this.kept.set(each, data);
      this.#next = offset + 1;
    });
    monitor.on('gap', ({ from, to }) => {
      // After a reset it stands before what comes.
      const isRight = from === this.#next || to + 1 === this.#next;
      if (!isRight) this.violations.push(`a gap from ${from} to ${to} before ${this.#next}`);
      this.#next = to + 1;
    });
    monitor.on('reset', ({ from }) => {
      this.kept.clear();
      this.#next = from;
    });
    monitor.on('error', () => {});
    monitor.start();
  }
}

for (let seed = 1; seed <= SEEDS; seed += 1) {
  test(`in the order of seed ${seed}`, async () => {
    const random = new Random(seed);
    const among = (count: number) => Math.floor(random.next() * count);
    const clock = fakeClock({ seed });
    const server = fakeServer({ clock, seed, latencyMs: among(3) * 30 });
    server.reply(
      [...'abcdef'].map((delta) => ({ type: 'message', delta })),
      { everyMs: 40 },
    );
    const keepers = [new Keeper(server), new Keeper(server)];
    const someone = () => keepers[among(2)] ?? keepers[0];
    const sent: Promise<unknown>[] = [];
    const isFollowed = () => server.followers(THREAD) > 0;
    let n = 0;
    const next = () => {
      n += 1;
      return { n };
    };
    const publish = () => server.publish(THREAD, 'note', next());
    const actions: (() => unknown)[] = [
      ...[publish, publish, publish, () => clock.advance(among(100)), () => clock.advance(20_000)],
      () => sent.push(someone()?.monitor.send('note', next()) ?? Promise.resolve()),
      () => sent.push(someone()?.monitor.sendMessage('Well?') ?? Promise.resolve()),
      ...[() => server.cut(someone()?.socket), () => server.cut(), () => server.down()],
      ...[() => server.up(), () => server.up(), () => server.freeze(), () => server.thaw()],
      ...[() => server.drain(among(5_000)), () => isFollowed() && server.takeOver()],
      ...[() => isFollowed() && server.expire(), () => isFollowed() && server.loseFrame()],
      () => server.trim(THREAD, among((server.events(THREAD).at(-1)?.offset ?? 0) + 1)),
      () => server.reset(THREAD, among(2) === 0 ? 'deleted' : 'diverged'),
      () => server.refuse('unavailable', { retryAfterMs: among(2_000) }),
      ...[() => server.emit('thread_events', { malformed: true }), () => server.settled()],
      ...[() => someone()?.monitor.stop(), () => keepers.map(({ monitor }) => monitor.start())],
      ...[() => clock.sleep(), () => clock.wake()],
    ];
    for (let step = 0; step < STEPS; step += 1) {
      await actions[among(actions.length)]?.();
      if (among(2) === 0) await clock.advance(among(50));
    }
    server.up();
    server.accept();
    clock.wake();
    for (const { monitor } of keepers) monitor.start();
    await server.settled();
    await clock.advance(120_000);
    await Promise.all(sent);
    publish();
    await server.settled();
    const events = server.events(THREAD);
    for (const { monitor, kept, violations } of keepers) {
      expect(violations).toEqual([]);
      expect(monitor.status).toMatchObject({ state: 'live', offset: events.at(-1)?.offset });
      const first = events[0]?.offset ?? 1;
      const missing = events.filter(({ offset }) => !kept.has(offset) && offset >= first);
      expect(missing).toEqual([]);
    }
    server.close();
    expect(clock.pending).toBe(0);
  });
}
