/**
 * A monitor of which the page can lose an event on purpose. It stands between the monitor and what the page makes of
 * its events: view and check hear the same, and neither hears of what is lost.
 */

import type { EventMeta, SessionMonitor, ViewedMonitor } from '@session-monitor/client';

type Listener = (event: string, data: unknown, meta: EventMeta) => void;

export interface LostEvent {
  readonly offset: number;
  /** The reply that it was a part of. */
  readonly run_id: string | null;
}

/** The part of a monitor that is needed. */
type Heard = Pick<SessionMonitor, 'status' | 'subscribe' | 'onAny' | 'on'>;

export class LossyMonitor implements ViewedMonitor {
  readonly #monitor: Heard;
  readonly #listeners = new Set<Listener>();
  #lost: readonly LostEvent[] = [];
  /** Whether the next event is to be lost. */
  losesNext = false;

  /** @param onLoss is called when an event is lost */
  constructor(monitor: Heard, onLoss: (lost: LostEvent) => void) {
    this.#monitor = monitor;
    monitor.onAny((event, data, meta) => {
      if (!this.losesNext) {
        for (const listener of this.#listeners) listener(event, data, meta);
        return;
      }
      this.losesNext = false;
      const lost = { offset: meta.offset, run_id: runOf(data) };
      this.#lost = [...this.#lost, lost];
      onLoss(lost);
    });
    monitor.on('reset', () => {
      this.#lost = [];
    });
  }

  /** Oldest first. A reset voids what it was about. */
  get lost(): readonly LostEvent[] {
    return this.#lost;
  }

  get status(): SessionMonitor['status'] {
    return this.#monitor.status;
  }

  readonly subscribe: ViewedMonitor['subscribe'] = (onStatus) => this.#monitor.subscribe(onStatus);

  readonly onAny: ViewedMonitor['onAny'] = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly on: ViewedMonitor['on'] = (name: 'gap' | 'reset', listener: (notice: never) => void) =>
    this.#monitor.on(name as 'gap', listener as () => void);
}

function runOf(data: unknown): string | null {
  const { run_id } = (data ?? {}) as { readonly run_id?: unknown };
  return typeof run_id === 'string' ? run_id : null;
}
