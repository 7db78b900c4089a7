import type { Receipt, RegisterSession } from '@session-monitor/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { LimitHits } from '../observe/limit-hits.js';
import { Metrics } from '../observe/metrics/metrics.js';
import { Detail } from '../observe/session-trace/detail.js';
import { silentLogger } from '../observe/trace.js';
import { DEFAULT_SETTINGS } from '../options.js';
import { createMemoryStore } from '../stores/memory.js';
import type { Store } from '../stores/store.js';
import type { Frame } from '../threads/pump.js';
import { Threads } from '../threads/threads.js';
import { type Clock, systemEntropy } from '../util/clock.js';
import { NO_OTHER_NODES, type OtherNodes } from './registrar.js';
import { Registry } from './registry.js';
import type { Peer } from './session.js';
import { Sweeper } from './sweeper.js';

const THREAD = 'thread';

/** A connection that records its frames and notices. */
class TestPeer implements Peer {
  readonly transport = 'websocket';
  readonly address = '127.0.0.1';
  readonly frames: Frame[] = [];
  readonly notices: string[] = [];
  readonly id: string;
  closed = false;

  constructor(id: string) {
    this.id = id;
  }

  v1Link = () => this.link();

  drop(): void {
    this.closed = true;
  }

  cut(): void {
    this.closed = true;
  }

  link() {
    return {
      join: () => () => {},
      writable: () => true,
      credit: () => 1_000_000,
      scarce: () => false,
      charge: () => {},
      send: (frame: Frame) => void this.frames.push(frame),
    };
  }

  notify(event: string): void {
    this.notices.push(event);
  }
}

const instance = (letter: string) => letter.repeat(22);
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the registry', () => {
  let now: number;
  let store: Store;
  let threads: Threads;
  let registry: Registry;
  let sweeper: Sweeper;

  const clock: Clock = {
    now: () => now,
    wall: () => 1_700_000_000_000 + now,
    // Only what is due at once is called.
    after: (ms, fn) => {
      if (ms === 0) setImmediate(fn);
      return () => {};
    },
  };

  beforeEach(() => {
    now = 0;
    store = createMemoryStore({ clock });
    start();
  });

  /** Starts a server process on the existing store. */
  function start(others: OtherNodes = NO_OTHER_NODES): void {
    threads = new Threads(store.logs);
    const parts = {
      node: 'node-1',
      store,
      others,
      threads,
      clock,
      entropy: systemEntropy,
      pacer: { now: clock.now, windowMs: () => 0, wakeAt: () => {} },
      settings: DEFAULT_SETTINGS,
      trace: () => {},
      detail: new Detail({ clock, maxBytes: 0, onEnded: () => {} }),
      hits: new LimitHits(clock, () => {}),
      metrics: new Metrics(),
      httpPath: () => undefined,
      logger: silentLogger,
    };
    registry = new Registry(parts);
    sweeper = new Sweeper({
      ...parts,
      registry,
      runs: { recover: async () => 0 },
      isLeft: ({ session_id }) => registry.get(session_id) === undefined,
    });
  }

  async function ask(peer: Peer, request: Partial<RegisterSession> = {}) {
    const usual = { protocol: 2, thread_id: THREAD, instance: instance('a'), attempt: 1 };
    return registry.register(peer, { ...usual, ...request } as RegisterSession, null);
  }

  async function register(peer: Peer, request: Partial<RegisterSession> = {}): Promise<Receipt> {
    const granted = await ask(peer, request);
    if (!granted.ok) throw new Error(granted.fault.message);
    granted.value.start();
    return granted.value.receipt;
  }

  const claim = ({ session_id, session_secret }: Receipt) => ({ session_id, session_secret });
  const acknowledge = (peer: Peer, { session_id, generation, epoch }: Receipt, offset: number) =>
    registry.acknowledge(peer, { session_id, generation, epoch, offset });
  const publish = async (n: number) => {
    await store.logs.append(THREAD, [`["e",${n}]`]);
    await settled();
  };
  const expireDisconnected = () => {
    now += DEFAULT_SETTINGS.sessionTtlMs;
    return sweeper.sweep();
  };
  const offsets = (peer: TestPeer) => peer.frames.flatMap(({ slice }) => slice?.to ?? []);

  test('two registrations of one instance that race: the higher attempt owns the session', async () => {
    const [first, second] = [new TestPeer('1'), new TestPeer('2')];
    const receipts = await Promise.all([
      register(first, { attempt: 1 }),
      register(second, { attempt: 2 }),
    ]);
    expect(receipts.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(receipts[1]?.session_id).toBe(receipts[0]?.session_id);
    await publish(1);
    expect([offsets(first), offsets(second)]).toEqual([[], [1]]);
    expect(registry.size).toBe(1);
  });

  test('in the other order the late, lower attempt is stale', async () => {
    await register(new TestPeer('2'), { attempt: 2 });
    const fault = { code: 'stale', retryable: false };
    expect(await ask(new TestPeer('1'), { attempt: 1 })).toMatchObject({ ok: false, fault });
  });

  test('a repeated registration gets the same receipt, and the frames again', async () => {
    const peer = new TestPeer('1');
    await publish(1);
    const first = await register(peer, { since: 'now' });
    await publish(2);
    const second = await register(peer, { since: 'now' });
    await settled();
    expect(second).toEqual(first);
    expect(offsets(peer)).toEqual([2, 2]);
  });

  test('repeats the facts of a lost first receipt', async () => {
    await publish(1);
    await publish(2);
    const lost = await register(new TestPeer('1'), { since: 7 });
    expect(lost).toMatchObject({ outcome: 'reset', reason: 'cursor_ahead', from: 1 });
    for (let n = 3; n <= 9; n += 1) await publish(n);
    const again = await register(new TestPeer('2'), { since: 7, attempt: 2 });
    expect(again).toMatchObject({ outcome: 'reset', reason: 'cursor_ahead', from: 1 });

    const late = { since: 'now', instance: instance('c') } as const;
    const first = await register(new TestPeer('c1'), late);
    const session = registry.get(first.session_id);
    if (session) await registry.detach(session.peer, 'transport close');
    await publish(10);
    const renewed = await register(new TestPeer('c2'), { ...late, attempt: 2 });
    expect(renewed).toMatchObject({ outcome: 'resumed', from: first.from, replay: 1 });

    // A copied tab whose first attempt forked a session, and whose second gets the copied one.
    const owner = await register(new TestPeer('d'), { instance: instance('d') });
    const copy = { ...late, instance: instance('e'), ...claim(owner) };
    const forked = await register(new TestPeer('e1'), copy);
    expect(forked.outcome).toBe('forked');
    await publish(11);
    now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
    const taken = await register(new TestPeer('e2'), { ...copy, attempt: 2 });
    expect(taken).toMatchObject({ session_id: owner.session_id, from: forked.from, replay: 1 });

    await store.logs.trim(THREAD, { maxEvents: 4 }, 100);
    const gap = { from: 1, to: 7, reason: 'trimmed' };
    for (const attempt of [1, 2]) {
      const peer = new TestPeer(`b${attempt}`);
      const receipt = await register(peer, { instance: instance('b'), attempt });
      expect(receipt).toMatchObject({ from: 8, gap });
    }
  });

  test("a lost 'now' is kept for an instance whose session a copied tab has taken over", async () => {
    const old = await register(new TestPeer('a'));
    const reloaded = { since: 'now', instance: instance('b'), ...claim(old) } as const;
    now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
    const lost = await register(new TestPeer('b1'), reloaded);
    expect(lost).toMatchObject({ outcome: 'resumed', session_id: old.session_id });
    await publish(1);
    now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
    for (const copy of ['c', 'd']) {
      const taken = await register(new TestPeer(copy), { instance: instance(copy), ...claim(old) });
      expect(taken).toMatchObject({ session_id: old.session_id });
      now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
    }
    await register(new TestPeer('e'), { instance: instance('e'), ...claim(old) });
    await publish(2);
    const again = await register(new TestPeer('b2'), { ...reloaded, attempt: 2 });
    expect(again).toMatchObject({ outcome: 'forked', from: lost.from, replay: 2 });
  });

  test("the old connection's late acknowledgement, ping and end change nothing", async () => {
    const [old, fresh] = [new TestPeer('old'), new TestPeer('fresh')];
    const before = await register(old);
    await publish(1);
    const after = await register(fresh, { attempt: 2, ...claim(before) });
    await settled();
    const { session_id, epoch } = after;
    const ack = { session_id, generation: before.generation, epoch, offset: 1 };
    registry.acknowledge(old, ack);
    registry.acknowledge(fresh, ack);
    expect(registry.owned(fresh, session_id)?.pump.acknowledged).toBe(0);
    expect(registry.ping(old, ack).owner).toBe(false);
    const pong = registry.ping(fresh, { ...ack, generation: after.generation });
    expect(pong).toMatchObject({ owner: true, sent: 1, head: 1, waiting: null });
    await registry.detach(old, 'transport close');
    expect((await store.sessions.get(session_id))?.state).toBe('connected');
    await publish(2);
    expect(offsets(fresh)).toEqual([1, 2]);
  });

  test('a session knows when its client acknowledged an event last, and how many it does a second', async () => {
    const peer = new TestPeer('1');
    const receipt = await register(peer);
    const session = registry.get(receipt.session_id);
    acknowledge(peer, receipt, 0);
    expect([session?.acknowledgedAt, session?.deliveryRate(now)]).toEqual([null, 0]);
    for (let n = 1; n <= 100; n += 1) {
      now += 200;
      await publish(n);
      acknowledge(peer, receipt, n);
    }
    const acknowledgedAt = now;
    expect(session?.deliveryRate(now)).toBeGreaterThan(4.5);
    expect(session?.deliveryRate(now)).toBeLessThan(5.5);
    now += 60_000;
    acknowledge(peer, receipt, 100);
    expect(session?.acknowledgedAt).toBe(acknowledgedAt);
    expect(session?.deliveryRate(now)).toBeLessThan(0.01);
  });

  test('a silent owner is taken over and notified; a live one is not', async () => {
    const [owner, copy] = [new TestPeer('owner'), new TestPeer('copy')];
    const { pingIntervalMs } = DEFAULT_SETTINGS;
    const first = await register(owner);
    now += 2 * pingIntervalMs - 1;
    const forked = await register(copy, { instance: instance('b'), ...claim(first) });
    expect(forked.outcome).toBe('forked');
    expect(forked.session_id).not.toBe(first.session_id);
    expect(forked.session_secret).not.toBe(first.session_secret);
    now += 1;
    const taken = await register(copy, { instance: instance('c'), ...claim(first) });
    const { session_id } = first;
    expect(taken).toMatchObject({ outcome: 'resumed', session_id, generation: 2 });
    expect(owner.notices).toEqual(['session_taken_over']);

    // The former owner comes back without a claim: it gets a new session, and no fight.
    const back = await register(owner, { attempt: 2 });
    expect(back).toMatchObject({ outcome: 'new' });
    expect([first.session_id, forked.session_id]).not.toContain(back.session_id);
    expect(registry.owned(copy, first.session_id)).toBeDefined();
  });

  test('the owner on a node that has just started is alive: the registrar asks before it takes a session over', async () => {
    const receipt = await register(new TestPeer('owner'));
    const record = await store.sessions.get(receipt.session_id);
    if (!record) throw new Error('The session is stored.');
    await store.sessions.put({ ...record, node: 'node-2', generation: 2 }, record);
    const known = new Set<string>();
    const asked: string[] = [];
    start({
      ...NO_OTHER_NODES,
      isAlive: (node) => known.has(node),
      recheck: async (node) => {
        asked.push(node);
        known.add(node);
      },
    });
    const claimed = { instance: instance('b'), ...claim(receipt) };
    const copy = await register(new TestPeer('copy'), claimed);
    expect([copy.outcome, asked]).toEqual(['forked', ['node-2']]);
    // The instance itself moves at once, whatever its former node does.
    const own = await register(new TestPeer('own'), { attempt: 2, ...claim(receipt) });
    expect([own.session_id, own.generation, asked]).toEqual([receipt.session_id, 3, ['node-2']]);
  });

  test('a cursor continues even if its session has expired or is unknown', async () => {
    const peer = new TestPeer('1');
    const first = await register(peer);
    await publish(1);
    const cursor = peer.frames.at(-1)?.cursor ?? '';
    acknowledge(peer, first, 1);
    await registry.detach(peer, 'transport close');

    await expireDisconnected();
    await publish(2);
    const again = new TestPeer('2');
    const expired = await register(again, { attempt: 2, ...claim(first), cursor });
    expect(expired).toMatchObject({ outcome: 'new', reason: 'expired', from: 2 });
    expect(expired.detail).toMatch(/^Expired at .* after 30 min without a connection\.$/);
    expect(expired).not.toHaveProperty('gap');

    const unknown = await register(new TestPeer('3'), {
      instance: instance('d'),
      session_id: 'x'.repeat(22),
      session_secret: 'y'.repeat(22),
      cursor,
    });
    expect(unknown).toMatchObject({ outcome: 'new', reason: 'unknown_session', from: 2 });
  });

  test('a tombstone is removed after its time to live', async () => {
    const peer = new TestPeer('1');
    const receipt = await register(peer);
    await publish(1);
    acknowledge(peer, receipt, 1);
    await registry.detach(peer, 'transport close');
    await expireDisconnected();
    expect((await store.sessions.get(receipt.session_id))?.state).toBe('expired');
    now += DEFAULT_SETTINGS.tombstoneTtlMs;
    await sweeper.sweep();
    expect(await store.sessions.get(receipt.session_id)).toBeUndefined();
  });

  describe('a session whose client has acknowledged nothing', () => {
    test('leaves no record when its client leaves, and its cursor is continued', async () => {
      const peer = new TestPeer('1');
      const receipt = await register(peer, { since: 'now' });
      const { session_id, generation, cursor } = receipt;
      registry.leave(peer, { session_id, generation });
      await registry.settled();
      expect(await store.sessions.counts()).toEqual({ connected: 0, disconnected: 0, expired: 0 });
      await publish(1);
      const again = { attempt: 2, since: 'now', ...claim(receipt), cursor } as const;
      const renewed = await register(new TestPeer('2'), again);
      expect(renewed).toMatchObject({
        outcome: 'new',
        reason: 'unknown_session',
        from: 1,
        replay: 1,
      });
    });

    test('leaves no tombstone when its time is up, connected or not', async () => {
      const [away, silent] = [new TestPeer('1'), new TestPeer('2')];
      await register(away);
      await registry.detach(away, 'transport close');
      await expireDisconnected();
      const { session_id } = await register(silent, { instance: instance('b') });
      const session = registry.get(session_id);
      if (session) await registry.expire(session, { reason: 'idle', detail: '' });
      expect(silent.notices).toContain('session_expired');
      expect(await store.sessions.counts()).toEqual({ connected: 0, disconnected: 0, expired: 0 });
    });

    test('is kept while it may be resumed, and its receipt may be lost', async () => {
      const peer = new TestPeer('1');
      const { session_id, from } = await register(peer, { since: 'now' });
      await registry.detach(peer, 'transport close');
      await publish(1);
      const again = await register(new TestPeer('2'), { since: 'now', attempt: 2 });
      expect(again).toMatchObject({ outcome: 'resumed', session_id, from, replay: 1 });
    });

    test('is kept for an instance from before a take-over', async () => {
      const first = await register(new TestPeer('1'));
      now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
      const copy = new TestPeer('2');
      const taken = await register(copy, { instance: instance('b'), ...claim(first) });
      const { session_id, generation } = taken;
      registry.leave(copy, { session_id, generation });
      await registry.settled();
      expect(await store.sessions.counts()).toMatchObject({ disconnected: 1 });
    });
  });

  test('a session whose client has acknowledged something is resumed after it has left', async () => {
    const peer = new TestPeer('1');
    const receipt = await register(peer);
    await publish(1);
    acknowledge(peer, receipt, 1);
    const { session_id, generation } = receipt;
    registry.leave(peer, { session_id, generation });
    await registry.settled();
    const again = await register(new TestPeer('2'), { attempt: 2, ...claim(receipt) });
    expect(again).toMatchObject({ outcome: 'resumed', session_id, generation: 2 });
  });

  test('a clean-up that races a registration leaves a session that works', async () => {
    const peer = new TestPeer('1');
    const first = await register(peer);
    await registry.detach(peer, 'transport close');
    now += DEFAULT_SETTINGS.sessionTtlMs;
    const again = new TestPeer('2');
    const [receipt] = await Promise.all([
      register(again, { attempt: 2, ...claim(first) }),
      sweeper.sweep(),
    ]);
    expect(registry.owned(again, receipt.session_id)).toBeDefined();
    expect((await store.sessions.get(receipt.session_id))?.state).toBe('connected');
    await publish(1);
    expect(offsets(again)).toEqual([1]);
  });

  test('a connection that closes while it registers leaves nothing behind', async () => {
    const peer = new TestPeer('1');
    const asked = ask(peer);
    peer.closed = true;
    await asked;
    expect([registry.size, threads.size]).toEqual([0, 0]);
    const [record] = await store.sessions.list('', 10);
    expect(record?.state).toBe('disconnected');
  });

  test('after a restart sessions are resumed, and those that never come back expire', async () => {
    const first = await register(new TestPeer('1'));
    const peer = new TestPeer('2');
    const second = await register(peer, { instance: instance('b') });
    await publish(1);
    acknowledge(peer, second, 1);
    const session = registry.get(second.session_id);
    if (session)
      await store.sessions.put(
        { ...session.record, position: session.pump.cursor },
        session.record,
      );
    start();
    await sweeper.sweep();
    expect(await store.sessions.counts()).toMatchObject({ connected: 0, disconnected: 2 });
    const resumed = await register(new TestPeer('3'), { attempt: 2, ...claim(first) });
    expect(resumed).toMatchObject({ outcome: 'resumed', session_id: first.session_id });
    await expireDisconnected();
    expect((await store.sessions.get(second.session_id))?.state).toBe('expired');
    expect((await store.sessions.get(first.session_id))?.state).toBe('connected');
  });

  test('a session can be claimed only by its user and for its thread', async () => {
    const first = await register(new TestPeer('1'));
    const request = { protocol: 2, instance: instance('b'), attempt: 1, ...claim(first) } as const;
    const claimAs = (thread_id: string, user_id: string | null) =>
      registry.register(new TestPeer(thread_id), { ...request, thread_id }, user_id);
    const receipt = { outcome: 'new', reason: 'unknown_session' };
    for (const answer of [await claimAs('other', null), await claimAs(THREAD, 'mallory')]) {
      expect(answer).toMatchObject({ ok: true, value: { receipt } });
    }
  });

  test('a resume continues from its cursor, and only for the owner', async () => {
    const [peer, stranger] = [new TestPeer('1'), new TestPeer('2')];
    const { session_id, cursor } = await register(peer);
    for (const n of [1, 2, 3]) await publish(n);
    const refused = { ok: false, fault: { code: 'not_registered' } };
    expect(await registry.resume(stranger, { session_id, cursor })).toMatchObject(refused);
    const resumed = await registry.resume(peer, { session_id, cursor });
    if (!resumed.ok) throw new Error('refused');
    expect(resumed.value.receipt).toMatchObject({ outcome: 'resumed', from: 1, replay: 3 });
    resumed.value.start();
    await settled();
    expect(peer.frames.at(-1)?.slice).toMatchObject({ from: 1, to: 3 });
  });

  test('an unreadable cursor starts over with a reset', async () => {
    await publish(1);
    const receipt = await register(new TestPeer('1'), { cursor: 'malformed' });
    expect(receipt).toMatchObject({ outcome: 'reset', reason: 'epoch_changed', from: 1 });
  });

  describe('at rest', () => {
    const recordOf = async (session_id: string) => {
      const record = await store.sessions.get(session_id);
      if (!record) throw new Error('The session is stored.');
      return record;
    };

    /** Makes the record what an earlier version would have written. */
    async function storePlain({ session_id, session_secret, cursor }: Receipt, owner: string) {
      const record = await recordOf(session_id);
      const former = [{ instance: instance('f'), start: cursor }];
      const plain = { ...record, secret: session_secret, instance: instance(owner), former };
      expect(await store.sessions.put(plain, record)).toBe(true);
      start();
      await sweeper.sweep();
    }

    test('the store has digests of the secret and of the instance', async () => {
      const first = await register(new TestPeer('1'));
      now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
      await register(new TestPeer('2'), { instance: instance('b'), ...claim(first) });
      const record = await recordOf(first.session_id);
      expect(record.secret).toMatch(/^sha256:/);
      const text = JSON.stringify(record);
      for (const secret of [first.session_secret, instance('a'), instance('b')]) {
        expect(text).not.toContain(secret);
      }
    });

    test('a session keeps its secret, and its stored text, for as long as it lasts', async () => {
      const first = await register(new TestPeer('1'));
      const { secret } = await recordOf(first.session_id);
      // The first receipt was lost: the request names no session.
      const again = await register(new TestPeer('2'), { attempt: 2 });
      now += 2 * DEFAULT_SETTINGS.pingIntervalMs;
      const taken = await register(new TestPeer('3'), { instance: instance('b'), ...claim(first) });
      const resumed = await registry.resume(registry.get(first.session_id)?.peer as Peer, {
        session_id: first.session_id,
        cursor: taken.cursor,
      });
      if (!resumed.ok) throw new Error('refused');
      for (const receipt of [again, taken, resumed.value.receipt]) {
        expect(claim(receipt)).toEqual(claim(first));
      }
      expect((await recordOf(first.session_id)).secret).toBe(secret);
    });

    test('a session that was erased and made again has another stored text', async () => {
      const first = await register(new TestPeer('1'));
      const former = await recordOf(first.session_id);
      expect(await store.sessions.remove(former)).toBe(true);
      start();
      const again = await register(new TestPeer('2'));
      const record = await recordOf(again.session_id);
      expect([again.session_id, record.generation]).toEqual([first.session_id, 1]);
      expect(await store.sessions.put({ ...former, state: 'disconnected' }, former)).toBe(false);
      expect(await recordOf(again.session_id)).toEqual(record);
    });

    test('the stored text claims no session', async () => {
      const { session_id } = await register(new TestPeer('1'));
      const { secret, instance: stored } = await recordOf(session_id);
      const [, , digest = ''] = secret.split(':');
      for (const [thief, session_secret] of Object.entries({ t: secret, u: digest, v: stored })) {
        const claimed = { instance: instance(thief), session_id, session_secret };
        const receipt = await register(new TestPeer(thief), claimed);
        expect(receipt).toMatchObject({ outcome: 'new', reason: 'unknown_session' });
      }
    });

    test('a session of an earlier version resumes with its secret, and is a digest from then on', async () => {
      const made = await register(new TestPeer('1'));
      const first = { ...made, session_secret: 'p'.repeat(22) };
      await storePlain(first, 'a');
      for (const attempt of [2, 3]) {
        const receipt = await register(new TestPeer(`${attempt}`), { attempt, ...claim(first) });
        expect(receipt).toMatchObject({ outcome: 'resumed', ...claim(first) });
        const text = JSON.stringify(await recordOf(first.session_id));
        for (const secret of [first.session_secret, instance('a'), instance('f')]) {
          expect(text).not.toContain(secret);
        }
      }
      const stale = { attempt: 2, ...claim(first) };
      expect(await ask(new TestPeer('4'), stale)).toMatchObject({ fault: { code: 'stale' } });
    });

    test('one whose receipt was lost is found by its instance, and gets a secret that can be derived', async () => {
      const made = await register(new TestPeer('1'));
      await storePlain({ ...made, session_secret: 'p'.repeat(22) }, 'a');
      const second = await register(new TestPeer('2'), { attempt: 2 });
      const third = await register(new TestPeer('3'), { attempt: 3 });
      for (const receipt of [second, third]) {
        expect(receipt).toMatchObject({ outcome: 'resumed', ...claim(made) });
      }
    });

    test('one that another instance had taken over still knows where its former instances began', async () => {
      const made = await register(new TestPeer('1'));
      await storePlain(made, 'b');
      await publish(1);
      const former = { instance: instance('f'), since: 'now', attempt: 2, ...claim(made) } as const;
      const receipt = await register(new TestPeer('2'), former);
      expect(receipt).toMatchObject({ outcome: 'resumed', from: 1, replay: 1 });
    });

    test('a v1 session has no secret, and no resume', async () => {
      const peer = new TestPeer('v1');
      await registry.v1.register(peer, { thread_id: THREAD }, null);
      const session = registry.v1.of(peer);
      if (!session) throw new Error('The session is registered.');
      const { session_id, secret, position: cursor } = await recordOf(session.id);
      expect(secret).toMatch(/^sha256:[\w-]{22}:$/);
      const refused = { ok: false, fault: { code: 'not_registered' } };
      expect(await registry.resume(peer, { session_id, cursor })).toMatchObject(refused);
    });
  });

  test('a store that cannot answer is a retryable outage', async () => {
    store.sessions.put = () => Promise.reject(new Error('disk'));
    const fault = { code: 'unavailable', retryable: true };
    expect(await ask(new TestPeer('1'))).toMatchObject({ ok: false, fault });
    expect(threads.size).toBe(0);
  });
});
