/** An app: a conversation for a page, made from the events of its thread. */

import type { SessionMonitor } from '@session-monitor/client';

export interface Events {
  readonly run_started: { readonly run_id: string; readonly user_input: string };
  readonly message: { readonly run_id: string; readonly delta: string };
  readonly run_finished: { readonly run_id: string; readonly status: string };
}

export interface Turn {
  readonly question: string;
  readonly answer: string;
  readonly state: string;
}

export class Conversation {
  /** Events that expired before the page could get them. */
  missed = 0;
  readonly #turns = new Map<string, Turn>();

  constructor(monitor: SessionMonitor<Events>) {
    monitor.on('run_started', ({ run_id, user_input }) => {
      this.#turns.set(run_id, { question: user_input, answer: '', state: 'running' });
    });
    monitor.on('message', ({ run_id, delta }) => {
      this.#change(run_id, (turn) => ({ ...turn, answer: turn.answer + delta }));
    });
    monitor.on('run_finished', ({ run_id, status }) => {
      this.#change(run_id, (turn) => ({ ...turn, state: status }));
    });
    monitor.on('gap', ({ from, to }) => {
      this.missed += to - from + 1;
    });
    monitor.on('reset', () => {
      this.#turns.clear();
      this.missed = 0;
    });
  }

  get turns(): readonly Turn[] {
    return [...this.#turns.values()];
  }

  #change(run_id: string, change: (turn: Turn) => Turn): void {
    const turn = this.#turns.get(run_id) ?? { question: '…', answer: '', state: 'running' };
    this.#turns.set(run_id, change(turn));
  }
}
