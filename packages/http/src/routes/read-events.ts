/**
 * `GET /threads/:thread_id/events`: a page of a thread's log, or a stream that follows it. Reading creates nothing: a stream
 * of a thread that is not there waits for it.
 */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { parseEventsQuery, SERVER_EVENTS, type StreamPosition } from '@session-monitor/protocol';
import { noticesOf } from '@session-monitor/protocol/rules';
import type { SessionServer } from '@session-monitor/server';
import {
  asError,
  countNotices,
  encodeFrame,
  type Frame,
  type Locatable,
  type Position,
  positionAt,
  positionSince,
  storedLog,
  storeFault,
  type ThreadLease,
} from '@session-monitor/server/internal';
import { type HttpFault, sendFault, sendText } from '../answer.js';
import { objectOf } from '../entry-text.js';
import type { Exchange } from '../exchange.js';
import { DEFAULT_PAGE_EVENTS, emptyPage, MAX_PAGE_EVENTS, readPage } from '../log-page.js';
import { HTTP, LogStream } from '../log-stream.js';
import { type Admission, admitToThread } from '../permission.js';
import { announcements, beginSse, formatSse } from '../sse.js';
import { stallLimitOf } from '../stall-guard.js';
import { beginStream } from '../stream-quota.js';
import { WaitingStream } from '../waiting-stream.js';

/** A reader of frames has a position from the beginning, and a thread that is not there has none. */
const notThere: HttpFault = {
  code: 'thread_unknown',
  message: 'There is no such thread yet. PUT /threads/:thread_id creates it.',
};

/** A log in which nothing is, for the position of a reader that asks for a thread that is not there. */
const NO_LOG: Locatable = {
  locate: async () => ({ head: { epoch: '', offset: 0, tag: '', base: 0, baseTag: '' } }),
};

export function eventReader(sessions: SessionServer): (exchange: Exchange) => Promise<void> {
  const { internals } = sessions;
  const { threads, store, logger, clock, settings, streams, quotas, turns, metrics, tracing } =
    internals;
  const countBeginning = (position: Position) =>
    countNotices(metrics.counters, noticesOf(position), false);
  const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');

  async function read(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const admitted = await admitToThread(sessions, exchange, { action: 'read' });
    if (!admitted.ok) return sendFault(response, admitted.fault);
    const query = parseEventsQuery({ ...exchange.query });
    if (!query.ok) return sendFault(response, query.fault);
    const { since = 'start', limit, as } = query.value;
    const lastEventId = request.headers['last-event-id'];
    // A browser that connects again asks for the same address, and says how far it had come.
    const from = typeof lastEventId === 'string' ? lastEventId : since;
    const { value: right } = admitted;
    const { thread_id } = right;
    try {
      const isThere = (await store.logs.head(thread_id)) !== undefined;
      if (wantsPage(request.headers)) {
        // A page is as large as some frames: other readers have their turn in between.
        await turns.run(async () => {
          const page = await (isThere ? pageAt(thread_id, from, limit) : noPage(thread_id, from));
          sendText(response, page, 'application/json; charset=utf-8');
        });
      } else if (request.method === 'HEAD') {
        // A HEAD asks what a GET would say, and does not follow.
        beginSse(response);
        response.end();
      } else if (!isThere && as === 'frames') {
        sendFault(response, notThere);
      } else {
        const refusal = beginStream(quotas, exchange, right);
        if (refusal) sendFault(response, refusal);
        else if (!isThere) await wait(response, from, right);
        else await follow(response, from, as === 'frames' ? thread_id : undefined, right);
      }
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  async function pageAt(thread_id: string, from: string, limit: string | undefined) {
    const position = await positionFrom(storedLog(store.logs, thread_id), from);
    countBeginning(position);
    const maxEvents = Math.min(Number(limit ?? DEFAULT_PAGE_EVENTS), MAX_PAGE_EVENTS);
    return readPage(store.logs, thread_id, position, maxEvents);
  }

  async function noPage(thread_id: string, from: string): Promise<string> {
    const position = await positionFrom(NO_LOG, from);
    countBeginning(position);
    return emptyPage(thread_id, position);
  }

  /** @param framesOf the thread, for a reader that wants frames */
  async function follow(
    response: ServerResponse,
    from: string,
    framesOf: string | undefined,
    right: Admission,
  ): Promise<void> {
    const { lease, position } = await threads.acquireAt(right.thread_id, (log) =>
      positionFrom(log, from),
    );
    if (!response.headersSent) beginSse(response);
    stream(response, lease, position, framesOf, right);
  }

  /** From the thread's beginning on the stream is one that follows it. */
  async function wait(response: ServerResponse, from: string, right: Admission): Promise<void> {
    const onThere = () => {
      // What was there first is after 'now'.
      const begin = from === 'now' ? 'start' : from;
      follow(response, begin, undefined, right).catch((error: unknown) => {
        onError(error);
        response.end();
      });
    };
    const { logs } = store;
    const { pingIntervalMs: heartbeatMs } = settings;
    const { thread_id } = right;
    beginSse(response);
    const deps = { response, logs, thread_id, clock, streams, right, heartbeatMs, onThere };
    await new WaitingStream(deps).start();
  }

  /** @param framesOf the thread, for a reader that wants frames */
  function stream(
    response: ServerResponse,
    lease: ThreadLease,
    position: Position,
    framesOf: string | undefined,
    right: Admission,
  ): void {
    const heartbeatMs = settings.pingIntervalMs;
    if (framesOf !== undefined) {
      countBeginning(position);
      const { offset: head } = lease.log.head;
      response.write(formatPosition(framesOf, position, head, heartbeatMs));
    }
    const { epoch, after, cursor } = position;
    new LogStream({
      response,
      lease,
      // A reader of frames has the gap and the reset already, from its position.
      position: framesOf === undefined ? position : { epoch, after, cursor },
      clock,
      metrics,
      streams,
      right,
      heartbeatMs,
      ...stallLimitOf(internals),
      delivery: tracing?.deliveries.reader({ log_id: right.thread_id, peer: HTTP }),
      format: framesOf === undefined ? formatEvents : (frame) => formatFrame(framesOf, frame),
      onEnd: () => {},
      onError,
    }).start();
  }

  return read;
}

function positionFrom(log: Locatable, from: string): Promise<Position> {
  if (from === 'start' || from === 'now') return positionSince(log, from);
  return /^\d+$/.test(from) ? positionSince(log, Number(from)) : positionAt(log, from);
}

/** A program that wants a page accepts JSON; every other reader follows. */
const wantsPage = ({ accept = '' }: IncomingHttpHeaders): boolean =>
  accept.includes('application/json') && !accept.includes('text/event-stream');

function formatEvents(frame: Frame): string {
  const entries = frame.slice ? [...frame.slice.entries()] : [];
  const events = entries.map((entry) => formatSse({ id: entry.cursor, data: objectOf(entry) }));
  return announcements(frame) + events.join('');
}

/** A frame as on a socket. */
const formatFrame = (thread_id: string, frame: Frame): string =>
  formatSse({
    id: frame.cursor,
    event: SERVER_EVENTS.threadEvents,
    data: encodeFrame(thread_id, frame, undefined),
  });

function formatPosition(
  thread_id: string,
  position: Position,
  head: number,
  heartbeat_ms: number,
): string {
  const { epoch, after, cursor } = position;
  const begin: StreamPosition = {
    thread_id,
    epoch,
    head: Math.max(head, after),
    from: after + 1,
    cursor,
    heartbeat_ms,
    ...noticesOf(position),
  };
  return formatSse({ event: 'position', data: JSON.stringify(begin) });
}
