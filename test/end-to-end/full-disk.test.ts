/** The disk of the embedded store runs full: a real file system of limited size, a real server, real clients. */

import { describe, expect } from 'vitest';
import { type TestClient, untilLive } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { MIB, ServerOnSmallDisk, STORAGE_FULL } from '../support/small-disk.js';
import { range, until } from '../support/until.js';

const ROUNDS = 20;
/** Six starts and some sixty megabytes, on a busy machine. */
const TIMEOUT_MS = 120_000;
/** Each of these rounds has a SIGKILL and a start on the full disk. */
const RESTART_EVERY = 4;

const follow = (lab: Lab, { url }: ServerOnSmallDisk, thread_id: string): Promise<TestClient> =>
  lab.liveClient(url, { thread_id });

describe('a disk that clients fill', () => {
  test(
    'twenty times, and with five restarts while it is full, loses nothing and refuses no read',
    async (lab) => {
      const server = await ServerOnSmallDisk.open(lab);
      expect(await server.publish('kept')).toBeUndefined();
      const reader = await follow(lab, server, 'kept');
      for (const round of range(1, ROUNDS)) {
        const thread_id = `round-${round}`;
        await server.fillWell(thread_id);
        if (round % RESTART_EVERY === 0) {
          await server.restart();
          await server.fill(thread_id);
          await untilLive(reader);
          expect(reader.receipts.at(-1)).toMatchObject({ outcome: 'resumed' });
        }
        await server.expectAll('kept');
        await server.expectAll(thread_id);
        await server.erase(thread_id);
        await until('there is room', async () => (await server.publish('kept')) === undefined);
      }
      await server.expectAll('kept');
      const events = [...(server.acknowledged.get('kept')?.values() ?? [])];
      await until('the reader has all', () => reader.seen.length >= events.length);
      expect([reader.seen, reader.gaps, reader.resets]).toEqual([events, [], []]);
      expect(await server.process?.signal('SIGTERM')).toBe(0);
    },
    TIMEOUT_MS,
  );
});

describe('a disk that another program fills to the last byte', () => {
  test(
    'ends no server: reads, resumes and erasures go on, and an erasure lets clients publish again',
    async (lab) => {
      // The blocks that the store takes ahead are half of this reserve; what is erased is more than the other half.
      const server = await ServerOnSmallDisk.open(lab, { diskMib: 28, reserveBytes: 16 * MIB });
      expect(await server.publish('kept')).toBeUndefined();
      const reader = await follow(lab, server, 'kept');
      await server.fill('large');
      server.disk.fill();

      // The server looks at the disk every 50 ms.
      expect(await server.untilRefused('kept')).toEqual(STORAGE_FULL);
      expect(await server.storage()).toBe('full');
      // The monitor keeps what is refused for now.
      const sent = reader.monitor.send('note', { n: 0 });
      const message = reader.monitor.sendMessage('Is there room?');
      reader.socket.disconnect();
      reader.socket.connect();
      await until('it is resumed', () => reader.receipts.length > 1);
      expect(reader.receipts.at(-1)).toMatchObject({ outcome: 'resumed' });

      await server.restart();
      await untilLive(reader);
      expect(await server.untilRefused('kept')).toEqual(STORAGE_FULL);
      await server.expectAll('kept');
      await server.expectAll('large');

      await server.erase('large');
      await until('there is room', async () => (await server.publish('kept')) === undefined);
      expect(await sent).toBeGreaterThan(1);
      expect(await message).toMatchObject({ thread_id: 'kept' });
      expect([reader.gaps, reader.resets]).toEqual([[], []]);
      expect(await server.process?.signal('SIGTERM')).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'lets a server start that has no page left, which reads, refuses, and goes on when there is room',
    async (lab) => {
      // So much is left at first that the store takes nothing ahead.
      const server = await ServerOnSmallDisk.open(lab, { diskMib: 40 });
      expect(await server.publish('kept')).toBeUndefined();
      // Its session stays open in the store: the next start has something to write.
      const reader = await follow(lab, server, 'kept');
      await server.process?.signal('SIGKILL');
      server.disk.fill();
      await server.start();

      await server.expectAll('kept');
      expect(await server.publish('kept')).toEqual(STORAGE_FULL);
      expect(await server.publish('new')).toEqual(STORAGE_FULL);
      expect(await server.storage()).toBe('full');
      await until('the reader is refused for now', () =>
        reader.errors.some((error) => error.startsWith('storage_full')),
      );
      expect(await server.process?.signal('SIGTERM')).toBe(0);

      await server.start();
      await server.expectAll('kept');
      expect(await server.publish('kept')).toEqual(STORAGE_FULL);
      server.disk.free();
      await until('there is room', async () => (await server.publish('kept')) === undefined);
      await untilLive(reader);
      await until('the reader has all', () => reader.seen.length === 2);
      await server.expectAll('kept');
      expect(reader.receipts.at(-1)).toMatchObject({ outcome: 'resumed' });
      expect([reader.gaps, reader.resets]).toEqual([[], []]);
    },
    TIMEOUT_MS,
  );
});
