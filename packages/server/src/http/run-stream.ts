/** One run's parts as a stream of server-sent events, ended by its terminal part. */

import type { ServerResponse } from 'node:http';
import { LIMITS, RUN_EVENTS } from '@session-monitor/protocol';
import { type Frame, Pump } from '../threads/pump.js';
import type { ThreadLease } from '../threads/threads.js';
import { entriesOf, formatSse, SseLink } from './sse.js';

export interface RunStreamParts {
  readonly response: ServerResponse;
  /** The log that gets the run's parts; given back when the stream has ended. */
  readonly lease: ThreadLease;
  readonly run_id: string;
  readonly onError: (error: unknown) => void;
}

/** One event per frame, so that each has its own cursor as `id`. */
const ONE_EVENT = { maxBytes: LIMITS.maxFrameBytes, maxEvents: 1 } as const;

/**
 * Streams what the log gets from now on, as far as it belongs to the run. Resolves with whether the
 * terminal part was sent; false if the reader left first.
 */
export function streamRun({ response, lease, run_id, onError }: RunStreamParts): Promise<boolean> {
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
    const forward = (frame: Frame) => {
      const applied = () =>
        pump.acknowledge(frame.epoch, frame.offset - 1 + entriesOf(frame).length);
      const mine = entriesOf(frame).filter(({ data }) => belongsTo(run_id, data));
      if (mine.length === 0) {
        // Somebody else's event on the thread: nothing to write, nothing to wait for.
        queueMicrotask(applied);
        return;
      }
      for (const { event, data, cursor } of mine) {
        const last = event === RUN_EVENTS.finished;
        link.write(formatSse({ id: cursor, data }), () => (last ? end(true) : applied()));
      }
    };
    response.on('close', () => end(false));
    // The reader may have left before anybody listened.
    if (response.closed) end(false);
    else pump.start();
  });
}

const belongsTo = (run_id: string, data: unknown): boolean =>
  typeof data === 'object' && data !== null && (data as { run_id?: unknown }).run_id === run_id;
