/** The disk of the embedded store runs full: a real file system of limited size, a real server, real clients. */

import { describe, expect } from 'vitest';
import { type Disk, openDisk } from '../chaos/server/disk.js';
import { EVENT, type TestClient, untilLive } from '../support/client.js';
import type { Command } from '../support/command.js';
import { freePort } from '../support/free-port.js';
import { type Lab, test } from '../support/lab.js';
import { range, times, until } from '../support/until.js';

const MIB = 1024 * 1024;
const DISK_MIB = 8;
/** The smallest that the command takes. */
const RESERVE_BYTES = 4 * MIB;
/** Nearly the largest event of a client. */
const LARGE = 'x'.repeat(60_000);
const PUBLISHERS = 4;
/** Far more than fit into what the first refusal leaves. */
const MANY = 15;
const ROUNDS = 20;
/** Six starts and some sixty megabytes, on a busy machine. */
const TIMEOUT_MS = 120_000;
/** Each of these rounds has a SIGKILL and a start on the full disk. */
const RESTART_EVERY = 4;

interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
}

const STORAGE_FULL: Refusal = { status: 507, code: 'storage_full', retryAfter: '5' };

/** A server on a small disk, and what it has acknowledged. */
class Site {
  readonly disk: Disk;
  /** `n` of each acknowledged event, by thread and offset. */
  readonly acknowledged = new Map<string, Map<number, number>>();
  server: Command | undefined;
  url = '';
  readonly #lab: Lab;
  readonly #env: Record<string, string>;
  #n = 0;

  constructor(lab: Lab, disk: Disk, env: Record<string, string>) {
    this.#lab = lab;
    this.disk = disk;
    this.#env = env;
  }

  static async open(
    lab: Lab,
    { diskMib = DISK_MIB, reserveBytes = RESERVE_BYTES } = {},
  ): Promise<Site> {
    const disk = await openDisk(await lab.folder(), diskMib);
    lab.defer(() => disk.close());
    expect(disk.kind, 'the test mounts a disk: run it as root').toBe('tmpfs');
    const site = new Site(lab, disk, {
      PORT: String(await freePort()),
      DATA_DIR: disk.path,
      DISK_RESERVE_BYTES: String(reserveBytes),
      SWEEP_INTERVAL_MS: '200',
    });
    await site.start();
    return site;
  }

  async start(): Promise<void> {
    const { server, url } = await this.#lab.serve(this.#env);
    this.server = server;
    this.url = url;
  }

  async restart(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.server?.signal(signal);
    await this.start();
  }

  /** Publishes an event; undefined once it is acknowledged. */
  async publish(thread_id: string, pad = ''): Promise<Refusal | undefined> {
    this.#n += 1;
    const n = this.#n;
    const response = await fetch(`${this.url}/threads/${thread_id}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event: EVENT, data: { n, pad } }),
    });
    const body = (await response.json()) as { offset: number; error?: { code: string } };
    if (!response.ok) {
      const retryAfter = response.headers.get('retry-after');
      return { status: response.status, code: body.error?.code, retryAfter };
    }
    const offsets = this.acknowledged.get(thread_id) ?? new Map();
    this.acknowledged.set(thread_id, offsets.set(body.offset, n));
    return undefined;
  }

  /** Publishes large events until each publisher is refused. */
  async fill(thread_id: string): Promise<void> {
    const refusals = await Promise.all(
      times(PUBLISHERS, () => this.untilRefused(thread_id, LARGE)),
    );
    expect(refusals).toEqual(times(PUBLISHERS, () => STORAGE_FULL));
  }

  untilRefused(thread_id: string, pad = ''): Promise<Refusal> {
    return until('it is refused', () => this.publish(thread_id, pad));
  }

  /** Fills it with many events. The pages of a thread become free little by little after its erasure. */
  async fillWell(thread_id: string): Promise<void> {
    await until(
      'the pages of erased threads are room',
      async () => {
        await this.fill(thread_id);
        return this.countOf(thread_id) >= MANY;
      },
      { state: () => this.countOf(thread_id) },
    );
  }

  /** How many events were acknowledged. */
  countOf(thread_id: string): number {
    return this.acknowledged.get(thread_id)?.size ?? 0;
  }

  /** Reads a thread; each acknowledged event must be there, once, and nothing else. */
  async expectAll(thread_id: string): Promise<void> {
    const found: [number, number][] = [];
    for (let since = 'start', more = true; more; ) {
      const query = new URLSearchParams({ since, limit: '1000' });
      const response = await fetch(`${this.url}/threads/${thread_id}/events?${query}`, {
        headers: { accept: 'application/json' },
      });
      expect(response.status, 'a read is never refused').toBe(200);
      const page = (await response.json()) as Page;
      for (const { offset, data } of page.events) found.push([offset, data.n]);
      since = page.cursor;
      more = page.more;
    }
    const acknowledged = this.acknowledged.get(thread_id) ?? new Map();
    expect(found).toEqual([...acknowledged].sort(([one], [other]) => one - other));
  }

  async erase(thread_id: string): Promise<void> {
    const response = await fetch(`${this.url}/threads/${thread_id}`, { method: 'DELETE' });
    expect(response.status, 'an erasure makes room').toBe(204);
    this.acknowledged.delete(thread_id);
  }

  /** What `/healthz` says of the storage. */
  async storage(): Promise<string | undefined> {
    const response = await fetch(`${this.url}/healthz`);
    expect(response.status, 'the server is alive').toBe(200);
    return ((await response.json()) as { storage?: string }).storage;
  }
}

interface Page {
  readonly cursor: string;
  readonly more: boolean;
  readonly events: readonly { readonly offset: number; readonly data: { readonly n: number } }[];
}

const follow = (lab: Lab, { url }: Site, thread_id: string): Promise<TestClient> =>
  lab.liveClient(url, { thread_id });

describe('a disk that clients fill', () => {
  test(
    'twenty times, and with five restarts while it is full, loses nothing and refuses no read',
    async (lab) => {
      const site = await Site.open(lab);
      expect(await site.publish('kept')).toBeUndefined();
      const reader = await follow(lab, site, 'kept');
      for (const round of range(1, ROUNDS)) {
        const thread_id = `round-${round}`;
        await site.fillWell(thread_id);
        if (round % RESTART_EVERY === 0) {
          await site.restart();
          await site.fill(thread_id);
          await untilLive(reader);
          expect(reader.receipts.at(-1)).toMatchObject({ outcome: 'resumed' });
        }
        await site.expectAll('kept');
        await site.expectAll(thread_id);
        await site.erase(thread_id);
        await until('there is room', async () => (await site.publish('kept')) === undefined);
      }
      await site.expectAll('kept');
      const events = [...(site.acknowledged.get('kept')?.values() ?? [])];
      await until('the reader has all', () => reader.seen.length >= events.length);
      expect([reader.seen, reader.gaps, reader.resets]).toEqual([events, [], []]);
      expect(await site.server?.signal('SIGTERM')).toBe(0);
    },
    TIMEOUT_MS,
  );
});

describe('a disk that another program fills to the last byte', () => {
  test(
    'ends no server: reads, resumes and erasures go on, and an erasure lets clients publish again',
    async (lab) => {
      // The blocks that the store takes ahead are half of this reserve; what is erased is more than the other half.
      const site = await Site.open(lab, { diskMib: 28, reserveBytes: 16 * MIB });
      expect(await site.publish('kept')).toBeUndefined();
      const reader = await follow(lab, site, 'kept');
      await site.fill('large');
      site.disk.fill();

      // The server looks at the disk every 50 ms.
      expect(await site.untilRefused('kept')).toEqual(STORAGE_FULL);
      expect(await site.storage()).toBe('full');
      // The monitor keeps what is refused for now.
      const sent = reader.monitor.send('note', { n: 0 });
      const message = reader.monitor.sendMessage('Is there room?');
      reader.socket.disconnect();
      reader.socket.connect();
      await until('it is resumed', () => reader.receipts.length > 1);
      expect(reader.receipts.at(-1)).toMatchObject({ outcome: 'resumed' });

      await site.restart();
      await untilLive(reader);
      expect(await site.untilRefused('kept')).toEqual(STORAGE_FULL);
      await site.expectAll('kept');
      await site.expectAll('large');

      await site.erase('large');
      await until('there is room', async () => (await site.publish('kept')) === undefined);
      expect(await sent).toBeGreaterThan(1);
      expect(await message).toMatchObject({ thread_id: 'kept' });
      expect([reader.gaps, reader.resets]).toEqual([[], []]);
      expect(await site.server?.signal('SIGTERM')).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'lets a server start that has no page left, which reads, refuses, and goes on when there is room',
    async (lab) => {
      // So much is left at first that the store takes nothing ahead.
      const site = await Site.open(lab, { diskMib: 40 });
      expect(await site.publish('kept')).toBeUndefined();
      // Its session stays open in the store: the next start has something to write.
      const reader = await follow(lab, site, 'kept');
      await site.server?.signal('SIGKILL');
      site.disk.fill();
      await site.start();

      await site.expectAll('kept');
      expect(await site.publish('kept')).toEqual(STORAGE_FULL);
      expect(await site.publish('new')).toEqual(STORAGE_FULL);
      expect(await site.storage()).toBe('full');
      await until('the reader is refused for now', () =>
        reader.errors.some((error) => error.startsWith('storage_full')),
      );
      expect(await site.server?.signal('SIGTERM')).toBe(0);

      await site.start();
      await site.expectAll('kept');
      expect(await site.publish('kept')).toEqual(STORAGE_FULL);
      site.disk.free();
      await until('there is room', async () => (await site.publish('kept')) === undefined);
      await untilLive(reader);
      await until('the reader has all', () => reader.seen.length === 2);
      await site.expectAll('kept');
      expect(reader.receipts.at(-1)).toMatchObject({ outcome: 'resumed' });
      expect([reader.gaps, reader.resets]).toEqual([[], []]);
    },
    TIMEOUT_MS,
  );
});
