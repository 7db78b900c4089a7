/** A viewer of `/debug/live`, as a dashboard is one: it keeps what it was sent, and what it shows. */

import { expect } from 'vitest';
import type { Lab } from './lab.js';
import { until } from './until.js';

/** A row as a viewer shows it; tests look into some of its fields. */
export interface ShownRow {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly status: string;
  readonly transport: string;
  readonly node: string;
  readonly remote_address: string | null;
  readonly head: number | null;
  readonly lag: number | null;
  readonly expires_at: number | null;
  readonly finding: string | null;
}

interface ShownFinding {
  readonly code: string;
  readonly about: string;
  readonly count: number;
}

type Tally = Readonly<Record<string, number>>;

interface Figures {
  readonly connections: Tally;
  readonly sessions: Tally;
  readonly runs: Tally;
  readonly threads: number;
  readonly sent_per_s: number;
  readonly disconnected: number | null;
}

export interface ShownTotals {
  readonly nodes: readonly (Figures & { readonly node: string; readonly loop_delay_ms: number })[];
  readonly unreachable: readonly string[];
  readonly cluster: Figures & { readonly findings: readonly ShownFinding[] };
}

export interface LiveMessage {
  readonly type: 'sessions' | 'rows' | 'totals';
  readonly total: number;
  readonly complete: boolean;
  readonly order?: readonly string[];
  readonly rows: readonly (Pick<ShownRow, 'session_id'> & Partial<ShownRow>)[];
}

export class LiveViewer {
  readonly status: number;
  readonly messages: LiveMessage[] = [];
  readonly rows = new Map<string, ShownRow>();
  ids: readonly string[] = [];
  total = -1;
  isComplete = false;
  totals: ShownTotals | undefined;
  isEnded = false;
  bytes = 0;
  readonly #controller: AbortController;

  private constructor(response: Response, controller: AbortController) {
    this.status = response.status;
    this.#controller = controller;
    void this.#read(response);
  }

  /** @param query filters, `sort`, `from`, `limit` */
  static async open(lab: Lab, url: string, query = '', headers = {}): Promise<LiveViewer> {
    const controller = new AbortController();
    lab.defer(() => controller.abort());
    const { signal } = controller;
    const response = await fetch(`${url}/debug/live?${query}`, { headers, signal });
    expect([query, response.status]).toEqual([query, 200]);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    return new LiveViewer(response, controller);
  }

  /** What it shows, in its order. */
  get shown(): readonly ShownRow[] {
    return this.ids.flatMap((id) => this.rows.get(id) ?? []);
  }

  close(): void {
    this.#controller.abort();
  }

  /** Waits until what it shows fits. */
  shows(what: string, fits: (rows: readonly ShownRow[]) => boolean): Promise<boolean> {
    return until(what, () => this.ids.length >= 0 && fits(this.shown), { state: () => this.shown });
  }

  /** Waits until its figures fit. */
  async counts(what: string, fits: (totals: ShownTotals) => boolean): Promise<ShownTotals> {
    const state = () => this.totals;
    return until(what, () => (this.totals && fits(this.totals) ? this.totals : undefined), {
      state,
    });
  }

  async #read(response: Response): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        this.bytes += chunk.length;
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(JSON.parse(line));
      }
    } catch {
      // It has closed the stream itself.
    }
    this.isEnded = true;
  }

  #take(message: LiveMessage): void {
    this.messages.push(message);
    if (message.type === 'totals') {
      this.totals = message as unknown as ShownTotals;
      return;
    }
    const { type, total, complete, order, rows } = message;
    this.total = total;
    this.isComplete = complete;
    if (type === 'sessions') this.ids = rows.map(({ session_id }) => session_id);
    for (const row of rows) {
      this.rows.set(row.session_id, { ...this.rows.get(row.session_id), ...row } as ShownRow);
    }
    if (order) this.ids = order;
  }
}
