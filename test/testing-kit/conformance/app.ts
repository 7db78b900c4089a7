/** An app that records all that it learns, with the same names whatever ids the server makes up. */

import { type RunView, SessionMonitor, type SessionMonitorOptions } from '@session-monitor/client';
import type { Receipt } from '@session-monitor/protocol';
import { until } from '../../support/until.js';
import type { Stage } from './stage.js';

/** The app's record, in order. */
export type Told = readonly unknown[];

/** Replaces the ids that servers make up by names in the order of their appearance. */
export class Names {
  readonly #names = new Map<string, string>();

  /** The same value with other names for runs. */
  plain(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value) ?? 'null', (key, each) =>
      key === 'run_id' && typeof each === 'string' ? this.of(each) : each,
    );
  }

  of(name: string): string {
    const known = this.#names.get(name) ?? `run ${this.#names.size + 1}`;
    this.#names.set(name, known);
    return known;
  }
}

/** A receipt without the fields that differ between servers or moments. */
export function plainReceipt(receipt: Receipt): object {
  const { session_id, session_secret, node, server_time, epoch, cursor, detail, ...rest } = receipt;
  return { ...rest, hasDetail: detail !== undefined };
}

export class RecordingApp {
  readonly monitor: SessionMonitor;
  readonly told: unknown[] = [];
  readonly #socket: ReturnType<Stage['socket']>;

  constructor(stage: Stage, names: Names, options: SessionMonitorOptions) {
    this.#socket = stage.socket();
    this.monitor = new SessionMonitor(this.#socket, { storage: null, ...stage.http, ...options });
    const { monitor, told } = this;
    const note = (name: string, value: unknown) => void told.push([name, names.plain(value)]);
    this.#socket.on('note', (data: unknown) => note('socket.on', data));
    monitor.onAny((event, data, { offset, span }) => note('event', { event, data, offset, span }));
    monitor.on('registered', (receipt) => note('registered', plainReceipt(receipt)));
    monitor.on('gap', (gap) => note('gap', gap));
    monitor.on('reset', (reset) => note('reset', reset));
    monitor.on('ephemeral', (ephemeral) => note('ephemeral', ephemeral));
    monitor.on('error', ({ code }) => note('error', code));
    monitor.on('failed', ({ code }) => note('failed', code));
    monitor.start();
  }

  /** Resolves when the app is live, and has reached an offset. */
  async at(offset: number, condition: () => boolean = () => true): Promise<void> {
    const { monitor } = this;
    await until(
      `the app is at ${offset}`,
      () => monitor.status.state === 'live' && monitor.status.offset === offset && condition(),
      { state: () => monitor.status },
    );
  }

  async ended(run_id: string | null): Promise<RunView['state']> {
    const find = () => this.monitor.status.runs.find((run) => run.run_id === run_id);
    const isOver = () => !['sending', 'accepted', 'running'].includes(find()?.state ?? 'sending');
    await until('the reply has ended', isOver, { state: () => this.monitor.status.runs });
    return find()?.state ?? 'sending';
  }

  async away(): Promise<void> {
    await until('the app is cut off', () => this.monitor.status.state === 'recovering');
  }

  leave(): void {
    this.monitor.stop();
    this.#socket.disconnect();
  }
}
