import { describe, expect } from 'vitest';
import { EVENT, TRANSPORT_CASES } from '../support/client.js';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const FLUSH_MS = 500;

describe('a disk that is slow, then fails', () => {
  test('holds each event back until it is durable, and stops the server when a flush fails', async (lab) => {
    const server = await lab.server();
    const clients = TRANSPORT_CASES.map((transport) => {
      const client = lab.client(server.url, { thread_id: 'disk', transport });
      const seenAt: number[] = [];
      client.socket.on(EVENT, () => seenAt.push(performance.now()));
      return { ...client, seenAt };
    });
    for (const { monitor } of clients) await until('live', () => monitor.status.state === 'live');

    await server.fault({ delayMs: FLUSH_MS, fails: false });
    const publishedAt: number[] = [];
    for (let n = 1; n <= 5; n += 1) {
      publishedAt.push(performance.now());
      await server.publish('disk', EVENT, { n });
    }
    for (const { seen, seenAt } of clients) {
      await until('seen', () => seen.length === 5);
      const waits = seenAt.map((at, index) => at - (publishedAt[index] ?? 0));
      // The record was in the file at once. The server sent it only after the flush was confirmed.
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(FLUSH_MS - 1);
    }

    await server.fault({ delayMs: FLUSH_MS, fails: true });
    await expect(server.publish('disk', EVENT, { n: 6 })).rejects.toThrow();
    expect(await server.exited()).toBe(1);
    expect(server.said).toContain('A write to the store failed and is not retried');
    expect(server.said).toContain('EIO: injected flush failure');
    for (const { seen } of clients) expect(seen).toEqual([1, 2, 3, 4, 5]);

    await server.restart();
    await server.publish('disk', EVENT, { n: 7 });
    for (const { seen, monitor, resets, gaps } of clients) {
      await until('all that was acknowledged', () => seen.at(-1) === 7, {
        state: () => monitor.status,
      });
      // The sixth was not acknowledged. It may be there, once, or not.
      expect(seen.filter((n) => n !== 6)).toEqual([1, 2, 3, 4, 5, 7]);
      expect([...seen]).toEqual([...seen].sort((a, b) => a - b));
      expect(new Set(seen).size).toBe(seen.length);
      expect([resets, gaps]).toEqual([[], []]);
    }
    expect(times(3, (index) => clients[index]?.seen)).toEqual(times(3, () => clients[0]?.seen));
  }, 60_000);
});
