/** One server on its own disk. */

import { join } from 'node:path';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import type { Random } from '../../simulation/time/random.js';
import { freePort } from '../../support/free-port.js';
import { type Host, type HostDeps, SERVER_ENV } from '../host.js';
import type { ServerFault, ServerFaultKind } from '../plan/faults.js';
import { type Disk, openDisk } from './disk.js';
import { Nemesis } from './nemesis.js';
import { Served } from './served.js';

const DISK_MB = { short: 96, long: 768 };

export class SingleHost implements Host<ServerFaultKind> {
  readonly #disk: Disk;
  readonly #served: Served;
  readonly #nemesis: Nemesis;
  readonly #ports: { readonly port: number; readonly backendPort: number };

  private constructor(
    disk: Disk,
    served: Served,
    nemesis: Nemesis,
    ports: { readonly port: number; readonly backendPort: number },
  ) {
    this.#disk = disk;
    this.#served = served;
    this.#nemesis = nemesis;
    this.#ports = ports;
  }

  static async open(deps: HostDeps, random: Random): Promise<SingleHost> {
    const { folder, long, onViolation } = deps;
    const disk = await openDisk(folder, long ? DISK_MB.long : DISK_MB.short);
    const ports = { port: await freePort(), backendPort: await freePort() };
    const served = new Served({
      ...ports,
      logFile: join(folder, 'server.log'),
      env: { ...SERVER_ENV, DATA_DIR: disk.path },
    });
    served.onAccident = (exit) => {
      const what = `it ended by itself: ${JSON.stringify(exit)}: ${served.said}`;
      onViolation({ kind: 'server', what });
    };
    return new SingleHost(disk, served, new Nemesis({ ...deps, served, disk, random }), ports);
  }

  get disk(): string {
    return this.#disk.kind;
  }

  get counts() {
    return this.#nemesis.counts;
  }

  get startTimes(): readonly number[] {
    return this.#served.startTimes;
  }

  readonly web = () => () => this.#ports.port;
  readonly backend = () => () => this.#ports.backendPort;

  start(): Promise<void> {
    return this.#nemesis.start();
  }

  perform(fault: ServerFault): Promise<void> {
    return this.#nemesis.perform(fault);
  }

  finish(): Promise<void> {
    return this.#nemesis.finish();
  }

  openStore() {
    return openLmdbStore({ path: this.#disk.path });
  }

  async close(): Promise<void> {
    this.#served.close();
    await this.#disk.close();
  }
}
