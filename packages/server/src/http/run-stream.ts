/** One run's parts as a stream of server-sent events, ended by its terminal part. */

import type { ServerResponse } from 'node:http';
import { LIMITS, RUN_EVENTS } from '@session-monitor/protocol';
import { type Frame, Pump } from '../threads/pump.js';
import type { Run } from '../threads/runs.js';
import type { ThreadLease } from '../threads/threads.js';
import { entriesOf, formatSse, SseLink } from './sse.js';

export interface RunStreamParts {
  readonly response: ServerResponse;
  /** The log that gets the run's parts; given back when the stream has ended. */
  readonly lease: ThreadLease;
  readonly run: Pick<Run, 'run_id' | 'ended'>;
  readonly onError: (error: unknown) => void;
}

/** One event per frame, so that each has its own cursor as `id`. */
const ONE_EVENT = { maxBytes: LIMITS.maxFrameBytes, maxEvents: 1 } as const;

/**
 * Streams what the log gets from now on, as far as it belongs to the run. Resolves with whether the
 * terminal part was sent; false if the reader left first.
 */
export function streamRun({ response, lease, run, onError }: RunStreamParts): Promise<boolean> {
  return new Promise((resolve) => {
    const link = new SseLink(response, (frame) => forward(frame));
    const { epoch, offset } = lease.log.head;
    const pump = new Pump({
      log: lease.log,
      link,
      window: { bytes: LIMITS.windowBytes, events: LIMITS.windowEvents },
      frame: ONE_EVENT,
      position: { epoch, after: offset },
      onError,
    });
    const leave = lease.log.add(pump);
    let ended = false;
    const end = (complete: boolean) => {
      if (ended) return;
      ended = true;
      pump.stop();
      leave();
      lease.release();
      response.end();
      resolve(complete);
    };
    // Where the log ended when the run did. Who is past it without a terminal part has missed that:
    // the thread was erased, or trimmed faster than the reader reads.
    let last: { readonly epoch: string; readonly offset: number } | undefined;
    const endIfPassed = () => {
      if (last && pump.epoch === last.epoch && pump.acknowledged >= last.offset) end(false);
    };
    const forward = (frame: Frame) => {
      const through = frame.slice?.to ?? frame.offset - 1;
      const applied = () => {
        pump.acknowledge(frame.epoch, through);
        endIfPassed();
      };
      const mine = entriesOf(frame).filter(({ data }) => belongsTo(run.run_id, data));
      const texts = [
        ...(frame.reset ? [formatSse({ event: 'reset', data: frame.reset })] : []),
        ...(frame.gap ? [formatSse({ event: 'gap', data: frame.gap })] : []),
        ...mine.map(({ data, cursor }) => formatSse({ id: cursor, data })),
      ];
      const terminal = mine.some(({ event }) => event === RUN_EVENTS.finished);
      if (texts.length > 0) link.write(texts.join(''), terminal ? () => end(true) : applied);
      // Somebody else's event on the thread: nothing to write, nothing to wait for.
      else queueMicrotask(applied);
    };
    void run.ended.then(() => {
      last = lease.log.head;
      endIfPassed();
    });
    response.on('close', () => end(false));
    // The reader may have left before anybody listened.
    if (response.closed) end(false);
    else pump.start();
  });
}

const belongsTo = (run_id: string, data: unknown): boolean =>
  typeof data === 'object' && data !== null && (data as { run_id?: unknown }).run_id === run_id;
