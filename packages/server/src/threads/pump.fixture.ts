import type { Window } from '@session-monitor/protocol';
import { type Frame, type LinkMember, type Pacer, Pump, type PumpObserver } from './pump.js';
import type { ThreadLog } from './thread-log.js';

/** A link that records frames. The test decides whether it is writable. */
export class TestLink implements LinkMember {
  readonly frames: Frame[] = [];
  open = true;
  left = Number.POSITIVE_INFINITY;
  joined = 0;
  #wake = () => {};

  join(reader: { wake(): void }): () => void {
    this.joined += 1;
    this.#wake = () => reader.wake();
    return () => {
      this.joined -= 1;
    };
  }
  writable = () => this.open;
  credit = () => this.left;
  scarce = () => this.left < 300;
  charge = (bytes: number) => {
    this.left -= bytes;
  };
  send = (frame: Frame) => void this.frames.push(frame);
  drain(): void {
    this.open = true;
    this.#wake();
  }
  get offsets(): number[] {
    return this.frames.flatMap(({ slice }) =>
      slice ? Array.from({ length: slice.to - slice.from + 1 }, (_, n) => slice.from + n) : [],
    );
  }
}

export const THREAD = 'pumped';
export const settled = () => new Promise((resolve) => setImmediate(resolve));

interface PumpSetting {
  readonly log: ThreadLog;
  readonly link: TestLink;
  /** Gets what the pump reports. */
  readonly errors: unknown[];
  readonly window?: Partial<Window> | undefined;
  readonly pacer?: Pacer | undefined;
  /** Traces what is sent and acknowledged. */
  readonly watch?: Omit<PumpObserver, 'onError'> | undefined;
}

/** A pump of the log after an offset, which is not started yet. */
export function pumpFrom(
  after: number,
  { log, link, errors, window, pacer, watch }: PumpSetting,
): Pump {
  const pump = new Pump({
    log,
    link,
    window: { events: 1_000, bytes: 1_000_000, ...window },
    frame: { maxBytes: 100_000, maxEvents: 100 },
    position: { epoch: log.head.epoch, after, cursor: 'start' },
    ...(pacer && { pacer }),
    observer: { onError: (error) => errors.push(error), ...watch },
  });
  log.add(pump);
  return pump;
}
