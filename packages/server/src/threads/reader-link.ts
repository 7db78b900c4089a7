/** The link of a reader that is on no connection, a program or an HTTP request: only its own pace limits it. */

import { LIMITS } from '@session-monitor/protocol';
import type { PumpCounts } from '../observe/metrics/pump-counts.js';
import { type Frame, type LinkMember, Pump, type PumpObserver, type PumpPosition } from './pump.js';
import type { Subscriber } from './thread-log.js';
import type { ThreadLease } from './threads.js';

export abstract class ReaderLink implements LinkMember {
  abstract join(subscriber: Subscriber): () => void;
  abstract writable(): boolean;
  abstract send(frame: Frame): void;

  credit(): number {
    return Number.POSITIVE_INFINITY;
  }

  scarce(): boolean {
    return false;
  }

  charge(): void {}

  /**
   * Creates the reader's pump.
   *
   * @param counts absent for a program: what it reads is sent to no client
   */
  protected pump(
    lease: ThreadLease,
    position: PumpPosition,
    compacted: boolean,
    observer: PumpObserver,
    counts?: PumpCounts,
  ): Pump {
    const pump = new Pump({
      log: lease.log,
      link: this,
      window: { bytes: LIMITS.windowBytes, events: LIMITS.windowEvents },
      frame: { maxBytes: LIMITS.maxFrameBytes, maxEvents: LIMITS.maxFrameEvents, compacted },
      position,
      observer,
      counts,
    });
    lease.wakes(pump);
    return pump;
  }
}
