/** Reports in memory, for a server without a directory for them: as bytes outside the heap. */

import type { Clock } from '../../util/clock.js';
import type { Visit } from '../session-trace/trace-store.js';
import { type ReportBounds, type ReportStore, reportsToRemove } from './report-store.js';
import { headOf } from './report-text.js';

interface KeptBytes {
  readonly session_id: string;
  readonly content: Buffer;
  readonly bytes: number;
  readonly writtenAt: number;
}

export class ReportMemory implements ReportStore {
  readonly kept = 'memory';
  readonly #bounds: ReportBounds;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #reports = new Map<string, KeptBytes>();

  constructor(bounds: ReportBounds, clock: Pick<Clock, 'wall'>) {
    this.#bounds = bounds;
    this.#clock = clock;
  }

  async put(session_id: string, text: string): Promise<void> {
    const content = Buffer.from(text);
    const writtenAt = this.#clock.wall();
    // To the end: the newest comes last.
    this.#reports.delete(session_id);
    this.#reports.set(session_id, { session_id, content, bytes: content.length, writtenAt });
    this.#tidy();
  }

  async get(session_id: string): Promise<string | undefined> {
    this.#tidy();
    return this.#reports.get(session_id)?.content.toString();
  }

  async scan(visit: Visit): Promise<void> {
    for (const { content } of this.#reports.values()) {
      if (!visit(headOf(content.toString()))) return;
    }
  }

  async erase(isErased: Visit): Promise<void> {
    for (const { session_id, content } of [...this.#reports.values()]) {
      if (isErased(headOf(content.toString()))) this.#reports.delete(session_id);
    }
  }

  async close(): Promise<void> {
    this.#reports.clear();
  }

  #tidy(): void {
    const gone = reportsToRemove([...this.#reports.values()], this.#bounds, this.#clock.wall());
    for (const { session_id } of gone) this.#reports.delete(session_id);
  }
}
