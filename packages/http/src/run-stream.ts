/** One run's parts as a stream of server-sent events, ended by its terminal part. */

import { decodeCursor, isRunEvent, RUN_EVENTS } from '@session-monitor/protocol';
import {
  type Frame,
  type Locatable,
  type Position,
  positionAt,
  type RunDelivery,
  type RunHandle,
  type SliceEntry,
} from '@session-monitor/server/internal';
import { dataOf } from './entry-text.js';
import { LogStream, type LogStreamDeps } from './log-stream.js';
import { announcements, formatSse } from './sse.js';

/** The lease is that of the log that gets the run's parts. */
export interface RunStreamDeps
  extends Omit<LogStreamDeps, 'compacted' | 'format' | 'onFlushed' | 'onEnd' | 'delivery'> {
  readonly run: Pick<RunHandle, 'record' | 'ended'>;
  readonly delivery?: RunDelivery | undefined;
}

/**
 * Where a reader of a run begins: after what it has, or before the run's first part.
 *
 * @param start a cursor before that part
 * @param after the cursor of the last part that the reader has
 */
export function positionInRun(
  log: Locatable,
  start: string,
  after: string | undefined,
): Promise<Position> {
  const [from, has] = [decodeCursor(start), after === undefined ? undefined : decodeCursor(after)];
  // What was on the thread before the run is not of this stream.
  const early = has && from && has.epoch === from.epoch && has.offset < from.offset;
  return positionAt(log, after === undefined || early ? start : after);
}

/**
 * Streams what is in the log, and what comes, as far as it belongs to the run. Resolves when the terminal
 * part was sent, when the reader has left, or when that part was erased or trimmed away.
 */
export function streamRun(deps: RunStreamDeps): Promise<void> {
  return new Promise((resolve) => {
    new RunStream(deps, resolve).start();
  });
}

class RunStream {
  readonly #deps: RunStreamDeps;
  readonly #stream: LogStream;
  /** Where the log ended when the run did. */
  #last: { readonly epoch: string; readonly offset: number } | undefined;
  /** The frame that has the terminal part. */
  #terminal: Frame | undefined;

  constructor(deps: RunStreamDeps, onEnd: () => void) {
    this.#deps = deps;
    this.#stream = new LogStream({
      ...deps,
      // Every reader gets the same parts under the same ids, whenever it attaches.
      compacted: false,
      format: (frame) => this.#format(frame),
      onFlushed: (frame) => this.#afterFrame(frame),
      onEnd,
    });
  }

  start(): void {
    const { lease, run } = this.#deps;
    void run.ended.then(() => {
      this.#last = lease.log.head;
      this.#endIfPassed();
    });
    this.#stream.start();
  }

  #format(frame: Frame): string {
    const mine = frame.slice ? [...frame.slice.entries()].filter((each) => this.#isMine(each)) : [];
    const last = mine.at(-1);
    if (last?.text.startsWith(TERMINAL)) {
      this.#terminal = frame;
      this.#deps.delivery?.onLast(last.offset);
    }
    const parts = mine.map((entry) => formatSse({ id: entry.cursor, data: dataOf(entry) }));
    return announcements(frame) + parts.join('');
  }

  #afterFrame(frame: Frame): void {
    // What was erased after the run had ended does not come again.
    if (frame === this.#terminal || (frame.reset && this.#last)) this.#stream.end();
    else this.#endIfPassed();
  }

  /** A reader past the end of the run without its terminal part has missed that part, or has it already. */
  #endIfPassed(): void {
    if (this.#last && this.#stream.hasPassed(this.#last)) this.#stream.end();
  }

  #isMine({ text }: SliceEntry): boolean {
    const { run_id } = this.#deps.run.record;
    // Most belong to other runs, and need no parsing to see that.
    if (!text.includes(run_id)) return false;
    const [event, data] = JSON.parse(text) as [string, { run_id?: unknown } | null];
    // An app's client may publish what it likes, but not under the name of a part.
    return isRunEvent(event) && data?.run_id === run_id;
  }
}

const TERMINAL = `["${RUN_EVENTS.finished}",`;
