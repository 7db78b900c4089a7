/**
 * The store for many machines: logs, sessions and runs in Redis 7 or Valkey, shared by any number of servers.
 *
 * Durability is Redis's own: with `appendfsync always` a confirmed write survives its SIGKILL and a loss of
 * power; with replicas, and `replicas` set, the loss of its machine. See docs/redis.md for the guarantees.
 */

import { loadPeer } from '../../load-peer.js';
import type { Store } from '../store.js';
import type { RedisStoreOptions } from './options.js';

export { ADDRESS_FORMS, readAddress, showAddress } from './address.js';
export { REDIS_WAIVERS, type RedisStoreOptions, type RedisWaiver } from './options.js';

/**
 * Opens the store.
 *
 * @throws ServerError ERR_CONFIG, ERR_STORE_UNAVAILABLE; ERR_PEER_MISSING if ioredis is not installed
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { openStore } = await loadPeer('ioredis', 'The Redis store', () => import('./open.js'));
  return openStore(options);
}
