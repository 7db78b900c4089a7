import { describe, expect } from 'vitest';
import { EVENT, TRANSPORT_CASES } from '../support/client.js';
import { test } from '../support/lab.js';
import type { ServerProcess } from '../support/server-process.js';
import { times, until } from '../support/until.js';

const KILLS = 10;
const EVENTS_PER_LIFE = 150;

describe('a server that is killed mid-stream', () => {
  test(`loses and repeats nothing that it acknowledged, over ${KILLS} SIGKILLs`, async (lab) => {
    const server = await lab.server();
    const clients = TRANSPORT_CASES.map((transport) =>
      lab.client(server.url, { thread_id: 'kills', transport }),
    );
    const publisher = new KillPublisher(server);

    for (let kill = 1; kill <= KILLS; kill += 1) {
      const target = kill * EVENTS_PER_LIFE;
      const life = publisher.run();
      await until('half of it is acknowledged', () => publisher.acknowledged.size >= target);
      await server.kill();
      await life;
      await server.restart();
    }
    const last = await publisher.finish();

    const all = times(last, (index) => index + 1);
    for (const { monitor, seen, offsets, gaps, resets, receipts } of clients) {
      await until('all applied', () => monitor.status.offset >= last && seen.length >= last, {
        timeoutMs: 60_000,
        state: () => monitor.status,
      });
      // Every acknowledged event is there once. Any other event is there once or not at all.
      expect(new Set(seen).size).toBe(seen.length);
      expect([...publisher.acknowledged].filter((n) => !seen.includes(n))).toEqual([]);
      expect([...seen].sort((a, b) => a - b)).toEqual(all);
      expect(offsets).toEqual(times(offsets.length, (index) => index + 1));
      expect(gaps).toEqual([]);
      expect(resets).toEqual([]);
      expect(receipts[0]?.outcome).toBe('new');
      expect(receipts.slice(1).map(({ outcome }) => outcome)).toEqual(
        times(receipts.length - 1, () => 'resumed'),
      );
      expect(new Set(receipts.map(({ session_id }) => session_id)).size).toBe(1);
      expect(receipts.length).toBeGreaterThan(KILLS / 2);
    }
    // All of them have seen the same log.
    expect(new Set(clients.map(({ seen }) => JSON.stringify(seen))).size).toBe(1);
  }, 120_000);
});

/**
 * Publishes 1, 2, 3 … several at a time. After a kill it repeats what was not acknowledged under the
 * same message ids, as a publisher without an answer must.
 */
class KillPublisher {
  readonly acknowledged = new Set<number>();
  readonly #server: ServerProcess;
  readonly #unanswered = new Set<number>();
  #next = 1;

  constructor(server: ServerProcess) {
    this.#server = server;
  }

  /** Publishes until the server dies. */
  async run(): Promise<void> {
    await this.#repeatUnanswered();
    for (;;) {
      const group = times(5, () => this.#next++);
      const answers = await Promise.all(group.map((n) => this.#publish(n)));
      if (answers.includes(false)) return;
    }
  }

  /** Publishes what is left; resolves with the highest number. */
  async finish(): Promise<number> {
    await this.#repeatUnanswered();
    expect([...this.#unanswered]).toEqual([]);
    return this.#next - 1;
  }

  async #repeatUnanswered(): Promise<void> {
    await Promise.all([...this.#unanswered].map((n) => this.#publish(n)));
  }

  async #publish(n: number): Promise<boolean> {
    this.#unanswered.add(n);
    try {
      await this.#server.publish('kills', EVENT, { n }, `message-${n}`);
    } catch {
      return false;
    }
    this.#unanswered.delete(n);
    this.acknowledged.add(n);
    return true;
  }
}
