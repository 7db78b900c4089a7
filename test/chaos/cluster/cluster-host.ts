/** Several servers on one Redis. */

import { join } from 'node:path';
import { openRedisStore } from '@session-monitor/server/redis';
import type { Random } from '../../simulation/time/random.js';
import type { Exit } from '../../support/child.js';
import type { Target } from '../../support/fault-proxy.js';
import { freePort } from '../../support/free-port.js';
import { pause, until } from '../../support/until.js';
import { type Host, type HostCounts, type HostDeps, SERVER_ENV } from '../host.js';
import type { ClusterFaultKind, ServerFault } from '../plan/faults.js';
import { Served } from '../server/served.js';
import { ClusterRedis } from './redis.js';

const NODES = 3;
const REDIS_WAIT_MS = '4000';
/** Within this time the other nodes find a dead node and end its runs. */
const RUNS_ENDED_MS = 15_000;

interface Node {
  readonly served: Served;
  readonly port: number;
  readonly backendPort: number;
  frozen: boolean;
}

type Fault = ServerFault<ClusterFaultKind>;

export class ClusterHost implements Host<ClusterFaultKind> {
  readonly counts = {
    faults: {
      node_kill: 0,
      node_stop: 0,
      node_drain: 0,
      redis_kill: 0,
      redis_stop: 0,
      failover: 0,
    },
    killsMidWrite: 0,
  } satisfies HostCounts;
  readonly #deps: HostDeps;
  readonly #random: Random;
  readonly #redis: ClusterRedis;
  readonly #nodes: readonly Node[];
  #routes = 0;

  private constructor(deps: HostDeps, random: Random, redis: ClusterRedis, nodes: readonly Node[]) {
    this.#deps = deps;
    this.#random = random;
    this.#redis = redis;
    this.#nodes = nodes;
  }

  static async open(deps: HostDeps, random: Random, replicated: boolean): Promise<ClusterHost> {
    const redis = await ClusterRedis.start(replicated);
    const nodes: Node[] = [];
    for (let number = 1; number <= NODES; number += 1) {
      const ports = { port: await freePort(), backendPort: await freePort() };
      const served = new Served({
        ...ports,
        logFile: join(deps.folder, `node-${number}.log`),
        env: {
          ...SERVER_ENV,
          NODE_NAME: `node-${number}`,
          REDIS_URL: redis.url,
          REDIS_WAIT_MS,
          ...(replicated && { REDIS_REPLICAS: '1', REDIS_WAIVE: 'appendfsync,replicas' }),
        },
      });
      served.onAccident = (exit) => {
        const what = `node ${number} ended by itself: ${JSON.stringify(exit)}: ${served.said}`;
        deps.onViolation({ kind: 'server', what });
      };
      nodes.push({ served, ...ports, frozen: false });
    }
    return new ClusterHost(deps, random, redis, nodes);
  }

  get disk(): string {
    return this.#redis.replicated ? 'Redis with a replica' : 'Redis, appendfsync always';
  }

  get startTimes(): readonly number[] {
    return this.#nodes.flatMap(({ served }) => served.startTimes);
  }

  readonly web = () => this.#route(({ port }) => port);
  readonly backend = () => this.#route(({ backendPort }) => backendPort);

  async start(): Promise<void> {
    for (const { served } of this.#nodes) await served.start();
  }

  async perform({ kind, ms }: Fault): Promise<void> {
    this.counts.faults[kind] += 1;
    if (this.#deps.writing() > 0) this.counts.killsMidWrite += 1;
    switch (kind) {
      case 'node_kill':
        return this.#restart('SIGKILL');
      case 'node_drain':
        return this.#restart('SIGTERM');
      case 'node_stop':
        return this.#freeze(ms);
      case 'redis_kill':
        return this.#redis.kill();
      case 'redis_stop':
        this.#redis.signal('SIGSTOP');
        await pause(ms);
        this.#redis.signal('SIGCONT');
        return;
      case 'failover':
        return this.#redis.failOver();
    }
  }

  async finish(): Promise<void> {
    const store = await this.openStore();
    try {
      await until(
        'the runs of dead nodes are ended',
        async () => {
          return (await store.runs.open()).length === 0;
        },
        { timeoutMs: RUNS_ENDED_MS },
      ).catch(({ message }: Error) => {
        this.#deps.onViolation({ kind: 'run', what: message });
      });
    } finally {
      await store.close();
    }
    for (const { served } of this.#nodes) this.#expectOrder(await served.end('SIGTERM'), served);
  }

  openStore() {
    const waive = ['appendfsync', 'replicas'] as const;
    return openRedisStore({ url: this.#redis.url, waive });
  }

  async close(): Promise<void> {
    for (const { served } of this.#nodes) served.close();
    await this.#redis.close();
  }

  /** A route that stays with a node while that node serves, as with sticky sessions. */
  #route(portOf: (node: Node) => number): Target {
    let index = this.#routes % this.#nodes.length;
    this.#routes += 1;
    return () => {
      for (let tried = 0; tried < this.#nodes.length; tried += 1) {
        const node = this.#nodes[index];
        if (node?.served.running && !node.frozen) return portOf(node);
        index = (index + 1) % this.#nodes.length;
      }
      return portOf(this.#pick());
    };
  }

  async #restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { served } = this.#pick();
    const exit = await served.end(signal);
    if (signal === 'SIGTERM') this.#expectOrder(exit, served);
    await served.start();
  }

  async #freeze(ms: number): Promise<void> {
    const node = this.#pick();
    node.frozen = true;
    node.served.signal('SIGSTOP');
    await pause(ms);
    node.served.signal('SIGCONT');
    node.frozen = false;
  }

  #pick(): Node {
    const [first, ...rest] = this.#nodes;
    if (!first) throw new Error('There are no nodes');
    return this.#random.pick([first, ...rest]);
  }

  #expectOrder(exit: Exit, { said }: Served): void {
    if (exit.code === 0) return;
    const what = `a node ended with ${JSON.stringify(exit)} on SIGTERM: ${said}`;
    this.#deps.onViolation({ kind: 'server', what });
  }
}
