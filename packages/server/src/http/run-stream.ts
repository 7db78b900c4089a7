/** One run's parts as a stream of server-sent events, ended by its terminal part. */

import type { ServerResponse } from 'node:http';
import { LIMITS, RUN_EVENTS } from '@session-monitor/protocol';
import { cursorAtHead } from '../core/position.js';
import { type Frame, Pump } from '../threads/pump.js';
import type { Run } from '../threads/runs.js';
import type { SliceEntry } from '../threads/slice.js';
import type { ThreadLease } from '../threads/threads.js';
import { formatSse, SseLink } from './sse.js';

export interface RunStreamParts {
  readonly response: ServerResponse;
  /** The log that gets the run's parts; given back when the stream has ended. */
  readonly lease: ThreadLease;
  readonly run: Pick<Run, 'run_id' | 'ended'>;
  readonly onError: (error: unknown) => void;
}

/**
 * Streams what the log gets from now on, as far as it belongs to the run. Resolves with whether the
 * terminal part was sent; false if the reader left first, or if the part was erased or trimmed away.
 */
export function streamRun(parts: RunStreamParts): Promise<boolean> {
  return new Promise((resolve) => {
    new RunStream(parts, resolve).start();
  });
}

class RunStream {
  readonly #parts: RunStreamParts;
  readonly #resolve: (complete: boolean) => void;
  readonly #link: SseLink;
  readonly #pump: Pump;
  readonly #leave: () => void;
  #ended = false;
  /** Where the log ended when the run did. */
  #last: { readonly epoch: string; readonly offset: number } | undefined;

  constructor(parts: RunStreamParts, resolve: (complete: boolean) => void) {
    const { response, lease, onError } = parts;
    this.#parts = parts;
    this.#resolve = resolve;
    this.#link = new SseLink(response, (frame) => this.#forward(frame));
    const { head } = lease.log;
    this.#pump = new Pump({
      log: lease.log,
      link: this.#link,
      window: { bytes: LIMITS.windowBytes, events: LIMITS.windowEvents },
      frame: { maxBytes: LIMITS.maxFrameBytes, maxEvents: LIMITS.maxFrameEvents },
      position: { epoch: head.epoch, after: head.offset, cursor: cursorAtHead(head) },
      onError,
    });
    this.#leave = lease.log.add(this.#pump);
  }

  start(): void {
    const { response, lease, run } = this.#parts;
    void run.ended.then(() => {
      this.#last = lease.log.head;
      this.#endIfPassed();
    });
    response.on('close', () => this.#end(false));
    // The reader may have left before anybody listened.
    if (response.closed) this.#end(false);
    else this.#pump.start();
  }

  #forward({ epoch, offset, slice, gap, reset }: Frame): void {
    const mine = slice ? [...slice.entries()].filter((entry) => this.#isMine(entry)) : [];
    const texts = [
      ...(reset ? [formatSse({ event: 'reset', data: JSON.stringify(reset) })] : []),
      ...(gap ? [formatSse({ event: 'gap', data: JSON.stringify(gap) })] : []),
      ...mine.map((entry) => formatSse({ id: entry.cursor, data: dataOf(entry) })),
    ];
    const last = mine.at(-1);
    const terminal = last?.text.startsWith(TERMINAL) ?? false;
    const applied = () => {
      if (terminal) return this.#end(true);
      this.#pump.acknowledge(epoch, slice?.to ?? offset - 1);
      // What was erased after the run had ended does not come again.
      if (reset && this.#last) return this.#end(false);
      this.#endIfPassed();
    };
    if (texts.length > 0) this.#link.write(texts.join(''), applied);
    // Others' events on the thread: nothing to write. Not at once, so that others get their turn.
    else setImmediate(applied);
  }

  /** Who is past the end of the run without its terminal part has missed that for good. */
  #endIfPassed(): void {
    const last = this.#last;
    const { epoch, acknowledged } = this.#pump;
    if (last && epoch === last.epoch && acknowledged >= last.offset) this.#end(false);
  }

  #end(complete: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pump.stop();
    this.#leave();
    this.#parts.lease.release();
    this.#parts.response.end();
    this.#resolve(complete);
  }

  #isMine({ text }: SliceEntry): boolean {
    const { run_id } = this.#parts.run;
    // Most are somebody else's, and need no parsing to see that.
    if (!text.includes(run_id)) return false;
    const [, data] = JSON.parse(text) as [string, { run_id?: unknown } | null];
    return data?.run_id === run_id;
  }
}

const TERMINAL = `["${RUN_EVENTS.finished}",`;

/** The data of `["name",data]`, as it was encoded. Names hold no comma and no quote. */
const dataOf = ({ text }: SliceEntry): string => text.slice(text.indexOf(',') + 1, -1);
