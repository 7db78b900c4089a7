/** One server on a disk of its own. */

import { join } from 'node:path';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import type { Random } from '../../simulation/time/random.js';
import { freePort } from '../../support/free-port.js';
import { type Host, type HostParts, SERVER_ENV } from '../host.js';
import type { ServerFault, ServerFaultKind } from '../plan/faults.js';
import { type Disk, openDisk } from './disk.js';
import { Ordeal } from './ordeal.js';
import { Served } from './served.js';

const DISK_MB = { short: 96, long: 768 };

export class SingleHost implements Host<ServerFaultKind> {
  readonly #disk: Disk;
  readonly #served: Served;
  readonly #ordeal: Ordeal;
  readonly #ports: { readonly port: number; readonly backendPort: number };

  private constructor(
    disk: Disk,
    served: Served,
    ordeal: Ordeal,
    ports: { readonly port: number; readonly backendPort: number },
  ) {
    this.#disk = disk;
    this.#served = served;
    this.#ordeal = ordeal;
    this.#ports = ports;
  }

  static async open(parts: HostParts, random: Random): Promise<SingleHost> {
    const { folder, long, onViolation } = parts;
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
    return new SingleHost(disk, served, new Ordeal({ ...parts, served, disk, random }), ports);
  }

  get disk(): string {
    return this.#disk.kind;
  }

  get counts() {
    return this.#ordeal.counts;
  }

  get startTimes(): readonly number[] {
    return this.#served.startTimes;
  }

  readonly web = () => () => this.#ports.port;
  readonly backend = () => () => this.#ports.backendPort;

  start(): Promise<void> {
    return this.#ordeal.start();
  }

  perform(fault: ServerFault): Promise<void> {
    return this.#ordeal.perform(fault);
  }

  finish(): Promise<void> {
    return this.#ordeal.finish();
  }

  openStore() {
    return openLmdbStore({ path: this.#disk.path });
  }

  async close(): Promise<void> {
    this.#served.close();
    await this.#disk.close();
  }
}
