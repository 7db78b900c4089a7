/** A Redis Cluster of three primaries, each with a third of the slots. */

import { freePort } from './free-port.js';
import { RedisServer } from './redis-server.js';
import { until } from './until.js';

const SIZE = 3;
const SLOTS = 16_384;

export class RedisCluster {
  readonly #servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.#servers = servers;
  }

  static async start(): Promise<RedisCluster> {
    // By default Redis takes its port plus 10,000, which another program may use.
    const busPorts = await Promise.all(Array.from({ length: SIZE }, freePort));
    const servers = await Promise.all(
      busPorts.map((port) => RedisServer.start({ appendfsync: 'no', config: configWith(port) })),
    );
    const [first, ...others] = servers;
    for (const [index, server] of servers.entries()) {
      const from = Math.floor((SLOTS * index) / SIZE);
      const to = Math.floor((SLOTS * (index + 1)) / SIZE) - 1;
      await server.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      await server.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const [index, { port }] of others.entries()) {
      await first?.call('CLUSTER', 'MEET', '127.0.0.1', port, busPorts[index + 1] ?? 0);
    }
    const cluster = new RedisCluster(servers);
    await until('the cluster is whole', () => cluster.#isWhole());
    return cluster;
  }

  get url(): string {
    return `redis+cluster://${this.#servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.dispose()));
  }

  async #isWhole(): Promise<boolean> {
    const infos = await Promise.all(this.#servers.map((server) => server.call('CLUSTER', 'INFO')));
    return infos.every((info) =>
      /cluster_state:ok.*cluster_slots_assigned:16384.*cluster_known_nodes:3/s.test(String(info)),
    );
  }
}

const configWith = (busPort: number) => ({
  'cluster-enabled': 'yes',
  'cluster-node-timeout': '2000',
  'cluster-port': String(busPort),
});
