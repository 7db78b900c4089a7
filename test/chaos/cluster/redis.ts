/** The Redis of a cluster: one that flushes every write, or one with a replica. */

import { FaultProxy } from '../../support/fault-proxy.js';
import { RedisServer } from '../../support/redis-server.js';

export class ClusterRedis {
  readonly #proxy: FaultProxy;
  #primary: RedisServer;
  #replica: RedisServer | undefined;

  private constructor(proxy: FaultProxy, primary: RedisServer, replica: RedisServer | undefined) {
    this.#proxy = proxy;
    this.#primary = primary;
    this.#replica = replica;
  }

  static async start(replicated: boolean): Promise<ClusterRedis> {
    // With a replica only WAIT makes a write durable.
    const primary = await RedisServer.start({ appendfsync: replicated ? 'no' : 'always' });
    const replica = replicated ? await follow(primary) : undefined;
    return new ClusterRedis(await FaultProxy.to(primary.port), primary, replica);
  }

  /** The URL of the current primary. */
  get url(): string {
    return this.#proxy.url.replace('http:', 'redis:');
  }

  get replicated(): boolean {
    return this.#replica !== undefined;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#primary.signal(signal);
  }

  async kill(): Promise<void> {
    await this.#primary.kill();
    await this.#primary.restart();
  }

  async failOver(): Promise<void> {
    const [former, heir] = [this.#primary, this.#replica];
    if (!heir) throw new Error('There is no replica to take over');
    await former.kill();
    await heir.call('REPLICAOF', 'NO', 'ONE');
    this.#primary = heir;
    this.#proxy.retarget(heir.port);
    this.#proxy.cut();
    await former.dispose();
    this.#replica = await follow(heir);
  }

  async close(): Promise<void> {
    await this.#proxy.close();
    await this.#primary.dispose();
    await this.#replica?.dispose();
  }
}

const follow = (primary: RedisServer): Promise<RedisServer> =>
  RedisServer.start({ appendfsync: 'no', replicaOf: primary });
