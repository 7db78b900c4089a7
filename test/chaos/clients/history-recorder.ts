/** Records all that the app of one page receives of one thread, over all its reloads. */

import { SessionMonitor, type SessionMonitorOptions } from '@session-monitor/client';
import type { Socket } from 'socket.io-client';
import { encode, hashOf } from '../checker/evidence.js';
import type { HistoryFile } from './history-file.js';
import type { ListenerProbe } from './listener-probe.js';
import type { ClientPoolCounts, Place } from './messages.js';

/** The app's saved state: the last applied offset, and the cursor there. */
interface Checkpoint {
  readonly offset: number;
  readonly cursor: string;
}

export interface HistoryRecorderDeps {
  readonly client: string;
  readonly thread_id: string;
  readonly history: HistoryFile;
  readonly counts: ClientPoolCounts;
  readonly now: () => number;
  readonly onRecovered: (ms: number) => void;
  /** Whether the app saves its state now. */
  readonly saves: () => boolean;
}

export interface Opening {
  readonly socket: Socket;
  readonly probe: ListenerProbe;
  readonly options: SessionMonitorOptions;
  readonly fromCheckpoint: boolean;
}

export class HistoryRecorder {
  readonly #deps: HistoryRecorderDeps;
  #monitor: SessionMonitor | undefined;
  #checkpoint: Checkpoint | undefined;
  #bySocket = 0;
  #byMonitor = 0;
  /** When the session was lost; undefined while there is one, and before the first. */
  #lostAt: number | undefined;

  constructor(deps: HistoryRecorderDeps) {
    this.#deps = deps;
  }

  /** A page is loaded. */
  open({ socket, probe, options, fromCheckpoint }: Opening): void {
    const { thread_id, history, now } = this.#deps;
    const saved = fromCheckpoint ? this.#checkpoint : undefined;
    history.add(['page', now(), saved?.offset ?? 0]);
    const monitor = new SessionMonitor(socket, {
      ...options,
      thread_id,
      ...(saved && { cursor: saved.cursor }),
    });
    this.#monitor = monitor;
    this.#lostAt = undefined;
    this.#listen(monitor, probe);
    monitor.start();
  }

  close(): void {
    this.#monitor?.stop();
  }

  end(): void {
    this.close();
    const { history, now } = this.#deps;
    history.add(['end', now(), this.#bySocket, this.#byMonitor]);
    history.close();
  }

  get place(): Place {
    const { client, thread_id } = this.#deps;
    const { state = 'closed', offset = 0 } = this.#monitor?.status ?? {};
    return { client, thread_id, state, offset };
  }

  #listen(monitor: SessionMonitor, probe: ListenerProbe): void {
    const { history, counts, now } = this.#deps;
    monitor.onAny((event, data, { offset, span }) => {
      counts.applied += 1;
      this.#byMonitor += 1;
      this.#bySocket += probe.timesHeard(data);
      const hash = hashOf(encode(event, data));
      history.add(['applied', now(), offset, hash, span]);
    });
    monitor.on('registered', ({ outcome, from, reason = '' }) => {
      counts.registered[outcome] = (counts.registered[outcome] ?? 0) + 1;
      history.add(['receipt', now(), outcome, from, reason]);
    });
    monitor.on('gap', ({ from, to }) => history.add(['gap', now(), from, to]));
    monitor.on('reset', ({ from, reason }) => history.add(['reset', now(), from, reason]));
    monitor.on('error', ({ code, message }) => {
      counts.errors += 1;
      history.add(['error', now(), `${code}: ${message}`]);
    });
    monitor.on('failed', (fault) => history.add(['failed', now(), JSON.stringify(fault)]));
    this.#watch(monitor);
  }

  #watch(monitor: SessionMonitor): void {
    const { counts, onRecovered, saves } = this.#deps;
    let { state, reconnects } = monitor.status;
    monitor.subscribe(() => {
      const { status } = monitor;
      const cursor = monitor.checkpoint();
      counts.reconnects += status.reconnects - reconnects;
      reconnects = status.reconnects;
      if (status.state !== state) this.#passed(state, status.state, onRecovered);
      state = status.state;
      if (cursor && saves()) this.#checkpoint = { offset: status.offset, cursor };
    });
  }

  #passed(from: string, to: string, onRecovered: (ms: number) => void): void {
    const up = (state: string) => state === 'live' || state === 'degraded';
    if (up(from) && !up(to)) this.#lostAt = performance.now();
    if (to !== 'live' || this.#lostAt === undefined) return;
    onRecovered(performance.now() - this.#lostAt);
    this.#lostAt = undefined;
  }
}
