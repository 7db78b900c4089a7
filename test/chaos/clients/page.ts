/** A page: one socket, a monitor for each thread, and reloads. */

import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { Random } from '../../simulation/time/random.js';
import { createStorage, TRANSPORTS } from '../../support/client.js';
import { HistoryFile } from './history-file.js';
import { HistoryRecorder } from './history-recorder.js';
import { ListenerProbe } from './listener-probe.js';
import {
  type ClientPoolCounts,
  type ClientPoolPlan,
  historyFile,
  type PagePlan,
  type Place,
} from './messages.js';

/** How long a page is gone at most when its user reloads it. */
const MAX_PAUSE_MS = 500;
/** An app that saves its state with every event would never continue from an older one. */
const SAVE_CHANCE = 0.2;

export class ChaosPage {
  readonly #plan: PagePlan;
  readonly #pool: ClientPoolPlan;
  readonly #counts: ClientPoolCounts;
  readonly #random: Random;
  readonly #recorders: readonly HistoryRecorder[];
  #storage = createStorage();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    plan: PagePlan,
    pool: ClientPoolPlan,
    counts: ClientPoolCounts,
    onRecovered: (ms: number) => void,
  ) {
    this.#plan = plan;
    this.#pool = pool;
    this.#counts = counts;
    this.#random = new Random(plan.seed);
    // The wall clock jumps here, so the history uses the monotonic one.
    const startedAt = performance.now() - (Date.now() - pool.beganAt);
    this.#recorders = plan.threads.map(
      (thread_id) =>
        new HistoryRecorder({
          client: plan.name,
          thread_id,
          history: new HistoryFile(join(pool.folder, historyFile(plan.name, thread_id))),
          counts,
          now: () => Math.round(performance.now() - startedAt),
          onRecovered,
          saves: () => this.#random.chance(SAVE_CHANCE),
        }),
    );
  }

  get places(): readonly Place[] {
    return this.#recorders.map(({ place }) => place);
  }

  open(): void {
    const { url, transport, reloads, keepsSession, reloadEveryMs } = this.#plan;
    const socket = io(url, {
      transports: [...TRANSPORTS[transport]],
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      timeout: 4_000,
    });
    const probe = new ListenerProbe(socket);
    this.#socket = socket;
    this.#counts.pages += 1;
    if (!keepsSession) this.#storage = createStorage();
    for (const recorder of this.#recorders) {
      const options = { storage: this.#storage, pingInterval: this.#pool.pingIntervalMs };
      recorder.open({ socket, probe, options, fromCheckpoint: reloads === 'from_checkpoint' });
    }
    if (reloads === 'never') return;
    const wait = this.#random.between(0.5, 1.5) * reloadEveryMs;
    this.#timer = setTimeout(() => this.#reload(), wait);
  }

  /** No reloads from now on; a page that is away comes back. */
  calm(): void {
    clearTimeout(this.#timer);
    if (!this.#socket) this.open();
    clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const recorder of this.#recorders) recorder.end();
    this.#socket?.disconnect();
  }

  #reload(): void {
    this.#leave();
    this.#timer = setTimeout(() => this.open(), this.#random.between(0, MAX_PAUSE_MS));
  }

  /** Closes the page, with or without saying goodbye to the server. */
  #leave(): void {
    if (this.#random.chance(0.5)) for (const recorder of this.#recorders) recorder.close();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.removeAllListeners();
    socket?.io.reconnection(false);
    socket?.io.engine?.close();
    for (const recorder of this.#recorders) recorder.close();
    socket?.disconnect();
  }
}
