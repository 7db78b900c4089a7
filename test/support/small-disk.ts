/** The command `serve` with its data on a real file system of limited size, and what it has acknowledged there. */

import { expect } from 'vitest';
import { EVENT } from './client.js';
import type { Command } from './command.js';
import { type Disk, openDisk } from './disk.js';
import { freePort } from './free-port.js';
import { jsonPost } from './json.js';
import type { Lab } from './lab.js';
import { times, until } from './until.js';

export const MIB = 1024 * 1024;
const DISK_MIB = 8;
/** The smallest that the command takes. */
const RESERVE_BYTES = 4 * MIB;
/** Nearly the largest event of a client. */
const LARGE = 'x'.repeat(60_000);
const PUBLISHERS = 4;
/** Far more than fit into what the first refusal leaves. */
const MANY = 15;

interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
}

export const STORAGE_FULL: Refusal = { status: 507, code: 'storage_full', retryAfter: '5' };

/** A server on a small disk, and what it has acknowledged. */
export class ServerOnSmallDisk {
  readonly disk: Disk;
  /** `n` of each acknowledged event, by thread and offset. */
  readonly acknowledged = new Map<string, Map<number, number>>();
  process: Command | undefined;
  url = '';
  readonly #lab: Lab;
  readonly #env: Record<string, string>;
  #n = 0;

  private constructor(lab: Lab, disk: Disk, env: Record<string, string>) {
    this.#lab = lab;
    this.disk = disk;
    this.#env = env;
  }

  static async open(
    lab: Lab,
    { diskMib = DISK_MIB, reserveBytes = RESERVE_BYTES } = {},
  ): Promise<ServerOnSmallDisk> {
    const disk = await openDisk(await lab.folder(), diskMib);
    lab.defer(() => disk.close());
    expect(disk.kind, 'the test mounts a disk: run it as root').toBe('tmpfs');
    const server = new ServerOnSmallDisk(lab, disk, {
      PORT: String(await freePort()),
      DATA_DIR: disk.path,
      DISK_RESERVE_BYTES: String(reserveBytes),
      SWEEP_INTERVAL_MS: '200',
    });
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const { server, url } = await this.#lab.serve(this.#env);
    this.process = server;
    this.url = url;
  }

  /** Kills it first. */
  async restart(): Promise<void> {
    await this.process?.signal('SIGKILL');
    await this.start();
  }

  /** Publishes an event; undefined once it is acknowledged. */
  async publish(thread_id: string, pad = ''): Promise<Refusal | undefined> {
    this.#n += 1;
    const n = this.#n;
    const message = jsonPost({ event: EVENT, data: { n, pad } });
    const response = await fetch(`${this.url}/threads/${thread_id}/events`, message);
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

  /** Publishes until it is refused. */
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
