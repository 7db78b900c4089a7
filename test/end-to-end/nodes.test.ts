/** Several servers on one Redis. */

import { describe, expect } from 'vitest';
import { EVENT } from '../support/client.js';
import { jsonPost } from '../support/json.js';
import { test } from '../support/lab.js';
import type { RedisServer } from '../support/redis-server.js';
import type { ServerProcess } from '../support/server-process.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'shared';
const GO_ON = jsonPost({ user_input: 'go on', thread_id: THREAD, use_websocket: true });
/** The other nodes detect a lost node and clean up after it within this time. */
const LOST_WITHIN_MS = 10_000;

async function fetchJson(url: string) {
  const answer = await fetch(url, { headers: { accept: 'application/json' } });
  return (await answer.json()) as never;
}

async function sessionsSeenBy({ url }: ServerProcess) {
  const { sessions } = await fetchJson(`${url}/debug/all-sessions`);
  return sessions as readonly { readonly status: string; readonly node: string }[];
}

async function publishMany(nodes: readonly ServerProcess[], from: number, to: number) {
  await Promise.all(
    range(from, to).map((n) => nodes[n % nodes.length]?.publish(THREAD, EVENT, { n }, `m${n}`)),
  );
}

describe('servers on one Redis', () => {
  test('what is published to one is applied by the clients of all, in one order', async (lab) => {
    const { nodes } = await lab.nodes(3);
    const clients = nodes.map(({ url }) => lab.client(url, { thread_id: THREAD }));
    await publishMany(nodes, 1, 600);
    for (const { seen, offsets, monitor } of clients) {
      await until('all are applied', () => seen.length >= 600, { state: () => monitor.status });
      expect(new Set(seen).size).toBe(600);
      expect(offsets).toEqual(range(1, 600));
    }
    expect(new Set(clients.map(({ seen }) => seen.join())).size).toBe(1);
  });

  test('an ephemeral event reaches clients on all of them, except its sender', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const clients = [nodes[0], nodes[0], nodes[1]].map(({ url }) =>
      lab.client(url, { thread_id: THREAD }),
    );
    const heard = clients.map((): unknown[] => []);
    clients.forEach(({ monitor }, index) => {
      monitor.on('ephemeral', ({ data }) => heard[index]?.push(data));
    });
    await until('all are live', () => clients.every(({ receipts }) => receipts.length === 1));
    await until('both others hear it', () => {
      clients[0]?.monitor.sendEphemeral('typing', { who: 'me' });
      return [1, 2].every((index) => (heard[index]?.length ?? 0) > 0);
    });
    expect(heard[0]).toEqual([]);
    expect(heard[2]?.[0]).toEqual({ who: 'me' });
  });

  test('each shows the sessions and connections of all, as they are', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const clients = nodes.map(({ url }) =>
      lab.client(url, { thread_id: THREAD, pingInterval: 300 }),
    );
    await publishMany(nodes, 1, 10);
    await until('all are applied', () => clients.every(({ seen }) => seen.length === 10));
    type Views = { offset: number; node: string; status: string }[];
    for (const { url } of nodes) {
      const { sessions, active_sessions } = await until(
        'both are known to be at the end',
        async () => {
          const all: { sessions: Views; active_sessions: number } = await fetchJson(
            `${url}/debug/all-sessions`,
          );
          return all.sessions.every(({ offset }) => offset === 10) ? all : undefined;
        },
      );
      expect(active_sessions).toBe(2);
      expect(new Set(sessions.map(({ node }) => node.slice(0, 6)))).toEqual(
        new Set(['node-1', 'node-2']),
      );
      const first: { connections: unknown[]; total_connections: number; next: string } =
        await fetchJson(`${url}/debug/websocket-sessions?api_key=debug_websocket_key&limit=1`);
      expect([first.connections.length, first.total_connections]).toEqual([1, 2]);
      const second: { connections: unknown[]; next: null } = await fetchJson(
        `${url}/debug/websocket-sessions?api_key=debug_websocket_key&limit=1&after=${first.next}`,
      );
      expect([second.connections.length, second.next]).toEqual([1, null]);
    }
  });

  test('a session moves from one to the other and misses nothing', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const proxy = await lab.proxy(nodes[0].url);
    const client = lab.client(proxy.url, { thread_id: THREAD });
    for (const move of times(6, (index) => index)) {
      await until('it is live', () => client.receipts.length > move);
      const publishing = publishMany(nodes, move * 50 + 1, move * 50 + 50);
      proxy.retarget(nodes[(move + 1) % 2]?.port ?? 0);
      proxy.cut();
      await publishing;
    }
    await until('all are applied', () => client.seen.length >= 300);
    expect(client.offsets).toEqual(range(1, 300));
    expect(new Set(client.seen).size).toBe(300);
    expect([client.gaps, client.resets]).toEqual([[], []]);
    const ids = client.receipts.map(({ session_id }) => session_id);
    expect(new Set(ids).size).toBe(1);
    const carriers = client.receipts.map(({ node }) => node.slice(0, 'node-1'.length));
    expect(new Set(carriers)).toEqual(new Set(['node-1', 'node-2']));
  });

  test('a session whose old connection has died unnoticed is on the new one alone', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const proxy = await lab.proxy(nodes[0].url);
    const client = await lab.liveClient(proxy.url, {
      thread_id: THREAD,
      pingInterval: 300,
      transport: 'websocket',
    });
    proxy.retarget(nodes[1].port);
    proxy.blackHole();
    await until('it is on the other', () => client.receipts.length === 2);
    expect(client.receipts[1]?.node).toMatch(/^node-2-/);
    await until('the first has let it go', async () => {
      const { sessions } = await fetchJson(`${nodes[0].url}/healthz`);
      return sessions === 0;
    });
    await publishMany(nodes, 1, 20);
    await until('all are applied', () => client.seen.length === 20);
  });

  test('another one cleans up after a killed one: its sessions, and its run once', async (lab) => {
    const { nodes } = await lab.nodes(3, { traced: true });
    const [first, second, third] = nodes;
    const reader = lab.client(second.url, { thread_id: THREAD });
    const events: string[] = [];
    reader.monitor.onAny((event) => events.push(event));
    const stays = lab.client(first.url, { thread_id: THREAD, socket: { reconnection: false } });
    await until('both are live', () => reader.receipts.length + stays.receipts.length === 2);
    const asked = await fetch(`${first.url}/havefun`, GO_ON);
    expect(asked.ok).toBe(true);
    await until('it has begun', () => events.length > 5);

    const [, message] = await first.spans();
    const killedAt = performance.now();
    await first.kill();
    await until(
      'its session is disconnected',
      async () => {
        const sessions = await sessionsSeenBy(third ?? second);
        const left = sessions.find(({ node }) => node.startsWith('node-1-'));
        return left?.status === 'disconnected';
      },
      { timeoutMs: LOST_WITHIN_MS },
    );
    await until('its run has ended', () => events.includes('run_finished'), {
      timeoutMs: LOST_WITHIN_MS,
      state: () => [events.length, second.said],
    });
    expect(performance.now() - killedAt).toBeLessThan(LOST_WITHIN_MS);
    const log = await fetchJson(`${second.url}/threads/${THREAD}/events?limit=1000`);
    const ends = (log as { events: { event: string; data: { status?: string } }[] }).events.filter(
      ({ event }) => event === 'run_finished',
    );
    expect(ends.map(({ data }) => data.status)).toEqual(['interrupted']);
    // The trace goes on, too, though the span of the run is lost with its node.
    const left = await Promise.all(nodes.slice(1).map((node) => node.spans()));
    const [run] = left.flat().filter(({ name }) => name === 'session_monitor.run');
    expect(run).toMatchObject({ trace: message?.trace, above: message?.id, failure: 'node_lost' });
  });

  test('one that counted as lost and comes back starts over, and its clients miss nothing', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const [first, second] = nodes;
    const client = await lab.liveClient(first.url, { thread_id: THREAD, pingInterval: 60_000 });
    first.freeze(true);
    await until('it counts as lost', async () => {
      const [session] = await sessionsSeenBy(second);
      return session?.status === 'disconnected';
    });
    await publishMany([second], 1, 20);
    first.freeze(false);
    await until('it is back', () => client.receipts.length === 2);
    await until('all are applied', () => client.seen.length === 20);
    expect(client.offsets).toEqual(range(1, 20));
    await until('it is known as connected', async () => {
      const [session] = await sessionsSeenBy(second);
      return session?.status !== 'disconnected';
    });
  });

  test('one that stops hands its clients over one by one while its replies continue', async (lab) => {
    /** The reply takes 0.6 s, so the window is long enough on a busy machine, too. */
    const WINDOW_MS = 4_000;
    const { nodes, redis } = await lab.nodes(1);
    const leaving = await lab.server({
      redis: { url: redis.url },
      node: 'leaving',
      drainMs: WINDOW_MS,
      demo: { partsPerSecond: 100, words: 60 },
    });
    const proxy = await lab.proxy(leaving.url);
    const clients = times(10, () => lab.client(proxy.url, { thread_id: THREAD }));
    await until('all are live', () => clients.every(({ receipts }) => receipts.length === 1));
    await until(
      'the nodes know each other',
      async () => (await redis.call('ZCARD', 'sm:nodes')) === 2,
    );
    const awaySince = new Map<number, number>();
    let mostAway = 0;
    let longestMs = 0;
    clients.forEach(({ monitor }, index) => {
      monitor.on('status', ({ state }) => {
        const now = performance.now();
        const since = awaySince.get(index) ?? now;
        longestMs = Math.max(longestMs, now - since);
        if (state === 'live') awaySince.delete(index);
        else awaySince.set(index, since);
        mostAway = Math.max(mostAway, awaySince.size);
      });
    });
    const ends: string[] = [];
    clients[0]?.monitor.on('run_finished', ({ status }: never) => ends.push(status));
    await fetch(`${leaving.url}/havefun`, GO_ON);
    proxy.retarget(nodes[0].port);
    const stopped = leaving.stop();
    await until('new ones are sent on', async () => {
      const hello = await fetch(`${leaving.url}/socket.io/?EIO=4&transport=polling`);
      return hello.status === 503;
    });
    expect(await stopped).toBe(0);
    await until('all are with the other', () =>
      clients.every(({ receipts }) => receipts.at(-1)?.node.startsWith('node-1-')),
    );
    await until('the reply has ended', () => ends.length === 1);
    expect(ends).toEqual(['completed']);
    // Each was away for a reconnect, not for the whole window, and not all were away at once.
    expect(longestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThan(WINDOW_MS);
    expect(mostAway).toBeLessThan(clients.length);
    await until('all are at the end', () => {
      const places = clients.map((client) => client.monitor.status.offset);
      return new Set(places).size === 1;
    });
  });

  test('a request for a connection on another node is counted and reported', async (lab) => {
    const { nodes } = await lab.nodes(2);
    const hello = await fetch(`${nodes[0].url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await hello.text()).slice(1)) as { sid: string };
    const stray = await fetch(`${nodes[1].url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    expect(stray.status).toBe(400);
    expect(await fetchJson(`${nodes[1].url}/healthz`)).toMatchObject({ misrouted_requests: 1 });
    expect(await fetchJson(`${nodes[0].url}/healthz`)).toMatchObject({ misrouted_requests: 0 });
  });

  test('one that stops cleanly leaves nothing to clean up', async (lab) => {
    const { nodes, redis } = await lab.nodes(2);
    await until('both are known', async () => (await redis.call('ZCARD', 'sm:nodes')) === 2);
    expect(await nodes[0].stop()).toBe(0);
    expect(await redis.call('ZCARD', 'sm:nodes')).toBe(1);
  });
});

describe('Redis is gone for a while', () => {
  test('clients stay connected, publishes fail fast or wait, and all goes on by itself', async (lab) => {
    const redis: RedisServer = await lab.redis();
    const server = await lab.server({ redis: { url: redis.url, waitMs: 4_000 } });
    const client = lab.client(server.url, { thread_id: THREAD, pingInterval: 300 });
    await server.publish(THREAD, EVENT, { n: 1 });
    await until('it is applied', () => client.seen.length === 1);
    await redis.kill();
    await expect(server.publish(THREAD, EVENT, { n: 2 })).rejects.toThrow('Redis does not answer');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await until('the client says so', () => client.monitor.status.state === 'degraded');
    await Promise.all([server.publish(THREAD, EVENT, { n: 3 }), redis.restart()]);
    await until('it goes on', () => client.seen.length === 2);
    expect(client.seen).toEqual([1, 3]);
    await until('it is well again', () => client.monitor.status.state === 'live');
    expect(client.receipts).toHaveLength(1);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });
});
