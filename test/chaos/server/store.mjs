/** The embedded store, with a disk that can be slow or fail. The fault lies between the store and LMDB. */

import { openLmdbStore as open } from '@session-monitor/server/lmdb';
import { onOrder } from './orders.mjs';

export { checkLmdbDirectory } from '@session-monitor/server/lmdb';

/** `fails`: 'before' leaves the file as it was; 'after' fails a flush whose bytes may be on the disk. */
let disk = { delayMs: 0, fails: null, code: '' };
onOrder('disk', (order) => {
  disk = order;
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const faulty = (environment) => ({
  ...environment,
  async commit(operations) {
    if (disk.fails === 'before') throw new Error(`${disk.code}: injected`);
    await environment.commit(operations);
    if (disk.delayMs > 0) await pause(disk.delayMs);
    if (disk.fails === 'after') throw new Error(`${disk.code}: injected`);
  },
});

const pace = process.env.CHAOS_PACE ? JSON.parse(process.env.CHAOS_PACE) : undefined;

export const openLmdbStore = (options) =>
  open({ ...options, wrapEnvironment: faulty, ...(pace && { pace }) });
