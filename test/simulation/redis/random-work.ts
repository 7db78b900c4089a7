/** Random work on a store: everything that it can do, on a few threads, sessions and runs. */

import type { SessionRecord, Store } from '../../../packages/server/src/stores/store.js';
import type { Random } from '../time/random.js';

const THREADS = ['one', 'zwei-ü', 'three'] as const;
const USERS = ['anna', 'böll'] as const;

/** Random work on a store. Each step is awaited. */
export class RandomWork {
  readonly #store: Store;
  readonly #random: Random;
  readonly #unfollow = new Map<string, () => void>();
  #count = 0;

  constructor(store: Store, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  async step(): Promise<void> {
    const random = this.#random;
    const work = random.pick([
      () => this.#append(),
      () => this.#append(),
      () => this.#append(),
      () => this.#log(),
      () => this.#session(),
      () => this.#run(),
      () => this.#list(),
      () => this.#node(),
    ]);
    await work();
  }

  #append(): Promise<unknown> {
    const random = this.#random;
    const thread = random.pick(THREADS);
    const events = Array.from({ length: random.int(1, 4) }, () => {
      this.#count += 1;
      return JSON.stringify(['message', { n: this.#count, text: 'ä€😀'.repeat(random.int(0, 3)) }]);
    });
    const run_id = `run-${random.int(1, 4)}`;
    const named = random.chance(0.5) ? { message_id: `m-${random.int(1, 20)}` } : {};
    const touch = { active: random.chance(0.5), user_id: random.pick(USERS), title: 'Ein Titel' };
    const fences = [
      {},
      { fence: { run_id, token: random.int(1, 2) } },
      { fence: { run_id, token: random.int(1, 2), finish: 'completed' as const } },
      { fence: { run_id, token: 1, start: this.#newRun(thread, run_id) } },
    ] as const;
    const options = { ...named, ...random.pick(fences), ...(random.chance(0.3) && { touch }) };
    return this.#store.logs.append(thread, events, options);
  }

  #newRun(thread_id: string, run_id: string) {
    const lease_until = Date.now() + 60_000;
    const asked = { user_input: 'Was?', user_id: null, node: 'node-1', message_id: run_id };
    const placed = { run_id, thread_id, log_id: thread_id, cursor: 'e.0.0', begun_at: Date.now() };
    return { ...asked, ...placed, lease_until, started_at: Date.now() } as never;
  }

  async #log(): Promise<void> {
    const random = this.#random;
    const { logs } = this.#store;
    const thread = random.pick(THREADS);
    const head = await logs.head(thread);
    const offset = random.int(0, (head?.offset ?? 0) + 1);
    await random.pick([
      async () => {
        if (this.#unfollow.has(thread)) return;
        this.#unfollow.set(
          thread,
          logs.follow(thread, () => {}),
        );
        await logs.open(thread);
      },
      async () => this.#stopFollowing(thread),
      () => logs.read(thread, offset, { maxBytes: random.pick([10, 400, 100_000]) }),
      () => logs.read(thread, offset, { maxBytes: 100_000, compacted: true }),
      () => logs.locate(thread, offset),
      () => logs.trim(thread, { maxEvents: random.int(0, 30) }, random.pick([2, 100])),
      () => logs.trim(thread, { maxAgeMs: random.pick([0, 1_000_000]) }, 100),
      () => logs.trim(thread, { maxBytes: random.int(0, 2_000) }, 100),
      async () => {
        if (!head || head.offset < 2) return;
        const first = random.int(1, head.offset - 1);
        const last = random.int(first + 1, head.offset);
        await logs.compact(thread, head.epoch, [{ first, last, event: '["message",{"ö":1}]' }]);
      },
      async () => {
        if (random.chance(0.2)) await logs.delete(thread);
      },
      async () => {
        if (random.chance(0.2)) await logs.forget(thread);
      },
      () => logs.forgetIdle(thread, Date.now() + 1_000),
      () => logs.threads('', 10),
    ])();
  }

  #stopFollowing(thread: string): void {
    this.#unfollow.get(thread)?.();
    this.#unfollow.delete(thread);
  }

  async #session(): Promise<void> {
    const random = this.#random;
    const { sessions } = this.#store;
    const session_id = `session-${random.int(1, 12)}`;
    const known = await sessions.get(session_id);
    const generation = (known?.generation ?? 0) + 1;
    const state = random.pick(['connected', 'disconnected', 'expired'] as const);
    const due_at = random.chance(0.5) ? null : Date.now() + random.int(-1_000, 1_000);
    // A write of a session that was created again since has another secret.
    const secret = random.chance(0.9) && known ? known.secret : random.pick(['one', 'other']);
    const thread_id = random.pick(THREADS);
    const record = { session_id, secret, generation, state, due_at, thread_id };
    const expected = { secret, generation: random.chance(0.8) ? generation - 1 : generation };
    const stored = expected.generation === 0 ? undefined : expected;
    await random.pick([
      () => sessions.put({ ...record, since: Date.now() } as unknown as SessionRecord, stored),
      () => sessions.remove({ session_id, ...expected }),
      () => sessions.due(Date.now(), 5),
      () => sessions.list('', 5),
      () => sessions.ofThread(record.thread_id, '', 5),
      () => sessions.counts(),
    ])();
  }

  async #run(): Promise<void> {
    const random = this.#random;
    const { runs } = this.#store;
    const [run_id, thread_id] = [`run-${random.int(1, 4)}`, random.pick(THREADS)];
    const run = { run_id, thread_id };
    await random.pick([
      () => runs.start(this.#newRun(thread_id, run_id)),
      () => runs.get(run),
      () => runs.takeOver(run),
      () => runs.renew(run, random.int(1, 2), Date.now() + 60_000),
      () => runs.open(),
      () => runs.ofThread(thread_id, '', 10),
      () => runs.remove(run),
      () => runs.prune(Date.now() + 1, 2),
    ])();
  }

  async #list(): Promise<void> {
    const random = this.#random;
    const { threads } = this.#store;
    const thread = random.pick(THREADS);
    await random.pick([
      () => threads.get(thread),
      () => threads.list({ limit: 5 } as never),
      () => threads.list({ user_id: random.pick(USERS), limit: 5 } as never),
      () => threads.update(thread, { title: random.pick(['Neu', null]) }),
      () => threads.update(thread, { user_id: random.pick([...USERS, null]) }),
      () => threads.update(thread, { metadata: { a: random.int(1, 9) } }),
      () => threads.mend?.([...THREADS]) ?? Promise.resolve(),
    ])();
  }

  async #node(): Promise<void> {
    const random = this.#random;
    const { nodes } = this.#store;
    const node = `node-${random.int(1, 3)}`;
    await random.pick([
      () => nodes?.beat(node, 100_000),
      () => nodes?.alive(),
      () => nodes?.lost(),
      () => nodes?.tryAcquireLease('duty', node, 100_000),
      () => nodes?.forget(node),
      () => nodes?.publishEphemeral(random.pick(THREADS), '{}'),
    ])();
  }
}
