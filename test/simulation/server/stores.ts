/** The real stores of a process, over what the world simulates. */

import { silentLogger } from '../../../packages/server/src/observe/trace.js';
import { assembleStore as assembleOnDisk } from '../../../packages/server/src/stores/lmdb/assemble.js';
import { assembleStore as assembleOnRedis } from '../../../packages/server/src/stores/redis/assemble.js';
import { scriptsFor } from '../../../packages/server/src/stores/redis/script.js';
import type { Store } from '../../../packages/server/src/stores/store.js';
import type { Disk } from '../disk/disk.js';
import type { SimRedis } from '../redis/sim-redis.js';
import type { StoreProcess } from './sim-node.js';

const scripts = scriptsFor(false);
/** How long a command waits for Redis: a world lives for seconds. */
const REDIS_WAIT_MS = 2_000;

/** Resolves when the present turn of a simulated process is over, and spaces commits as on a server that is busy. */
const turns = ({ clock, random }: StoreProcess) => ({
  turn: () => new Promise<void>((resolve) => clock.after(0, resolve)),
  pause: () =>
    random.chance(0.2)
      ? new Promise<void>((resolve) => clock.after(random.between(0, 6), resolve))
      : undefined,
});

export const openOnDisk =
  (disk: Disk) =>
  (process: StoreProcess): Promise<Store> => {
    const { clock, entropy } = process;
    return assembleOnDisk({
      environment: disk.open(),
      clock,
      entropy,
      ...turns(process),
      // Small and frequent steps, so that crashes fall in between.
      pace: { roundBytes: 2_000, roundBatches: 12, stepBytes: 400, stepBatches: 3 },
    });
  };

export const openOnRedis =
  (redis: SimRedis) =>
  async (process: StoreProcess): Promise<Store> => {
    const { clock, entropy, life, random, onLinks } = process;
    const connections = redis.connect(life, random.fork('redis'));
    onLinks(connections);
    life.onEnd((silently) => redis.died(connections, silently));
    return assembleOnRedis({
      connections,
      keys: redis.keys,
      scripts,
      clustered: false,
      origin: entropy.token(6),
      replicas: redis.replicas,
      waitMs: REDIS_WAIT_MS,
      clock,
      entropy,
      logger: silentLogger,
      ...turns(process),
    });
  };
