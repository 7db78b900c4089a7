/**
 * Cuts a stream whose reader takes nothing of what waits for it: the kernel holds up to 4 MB for such a reader, which Node
 * cannot bound.
 */

import type { ServerResponse } from 'node:http';
import type { Cancel, Clock, SessionServerInternals } from '@session-monitor/server/internal';

export interface StallLimit {
  /** How long the reader may take nothing. */
  readonly stallMs: number;
  /** A reader is cut. */
  readonly onStalled: (response: ServerResponse) => void;
}

export const stallLimitOf = ({
  settings,
  hits,
}: Pick<SessionServerInternals, 'settings' | 'hits'>): StallLimit => ({
  stallMs: settings.limits.streamTimeoutMs,
  onStalled: ({ socket }) => hits.add('streamTimeoutMs', { address: socket?.remoteAddress }),
});

export class StallGuard {
  readonly #response: ServerResponse;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #limit: StallLimit;
  /** Absent while nothing waits for the reader. */
  #cancel: Cancel | undefined;

  constructor(response: ServerResponse, clock: Pick<Clock, 'after'>, limit: StallLimit) {
    this.#response = response;
    this.#clock = clock;
    this.#limit = limit;
    response.on('drain', () => this.stop());
  }

  /** Something was written. */
  wrote(): void {
    if (!this.#response.writableNeedDrain) return;
    this.#cancel ??= this.#clock.after(this.#limit.stallMs, () => this.#cut());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #cut(): void {
    this.#limit.onStalled(this.#response);
    const { socket } = this.#response;
    try {
      // Without a reset the kernel would go on offering what it holds for minutes.
      socket?.resetAndDestroy();
    } catch {
      // Only TCP without TLS can be reset.
      socket?.destroy();
    }
  }
}
