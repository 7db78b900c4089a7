/** `/threads/:thread_id/events`: a thread's log to read, follow and publish to, in any language. */

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import {
  parseEventsQuery,
  parsePublishMessage,
  parsePublishQuestion,
  SERVER_EVENTS,
  type StreamPosition,
} from '@session-monitor/protocol';
import { noticesOf } from '@session-monitor/protocol/rules';
import type { SessionServer } from '@session-monitor/server';
import {
  asError,
  encodeFrame,
  type Frame,
  type Locatable,
  type Position,
  positionAt,
  positionSince,
  publishFromClient,
  storedLog,
  storeFault,
  type ThreadLease,
  unavailableFault,
} from '@session-monitor/server/internal';
import { sendFault, sendJson, sendText } from '../answer.js';
import { objectOf } from '../entry-text.js';
import type { Exchange, Route } from '../exchange.js';
import { messageIdOf } from '../idempotency-key.js';
import { DEFAULT_PAGE_EVENTS, MAX_PAGE_EVENTS, readPage } from '../log-page.js';
import { LogStream } from '../log-stream.js';
import { type Admission, admitToThread } from '../permission.js';
import { announcements, beginSse, formatSse } from '../sse.js';

const PATH = '/threads/:thread_id/events';

/** @param maxEventBodyBytes the largest body of a publish */
export function eventRoutes(sessions: SessionServer, maxEventBodyBytes: number): readonly Route[] {
  const { threads, store, logger, clock, settings, streams } = sessions.internals;
  const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');

  async function read(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const thread = await admitToThread(sessions, exchange, { action: 'read' });
    if (!thread.ok) return sendFault(response, thread.fault);
    const query = parseEventsQuery({ ...exchange.query });
    if (!query.ok) return sendFault(response, query.fault);
    const lastEventId = request.headers['last-event-id'];
    // A browser that connects again asks for the same address, and says how far it had come.
    const from = typeof lastEventId === 'string' ? lastEventId : (query.value.since ?? 'start');
    const { thread_id } = thread.value;
    try {
      if (wantsPage(request.headers)) {
        const position = await positionFrom(storedLog(store.logs, thread_id), from);
        const limit = Math.min(Number(query.value.limit ?? DEFAULT_PAGE_EVENTS), MAX_PAGE_EVENTS);
        const page = await readPage(store.logs, thread_id, position, limit);
        return sendText(response, page, 'application/json; charset=utf-8');
      }
      // A HEAD asks what a GET would say, and does not follow.
      if (request.method === 'HEAD') {
        beginSse(response);
        response.end();
        return;
      }
      const { lease, position } = await threads.acquireAt(thread_id, (log) =>
        positionFrom(log, from),
      );
      const framesOf = query.value.as === 'frames' ? thread_id : undefined;
      stream(response, lease, position, framesOf, thread.value);
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  async function publish(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    // `authorize` is asked about the event's name, which stands in the body. So the body is read, bounded, but nothing
    // else of it is parsed before the hook has admitted its sender.
    const body = await exchange.readBody({
      maxBytes: maxEventBodyBytes,
      pick: ['event', 'user_id'],
    });
    if (!body.ok) return sendFault(response, body.fault);
    const asked = parsePublishQuestion(body.value.picked);
    if (!asked.ok) return sendFault(response, asked.fault);
    const accessRequest = { action: 'publish', ...asked.value } as const;
    const thread = await admitToThread(sessions, exchange, accessRequest);
    if (!thread.ok) return sendFault(response, thread.fault);
    const parsed = body.value.parse(parsePublishMessage);
    if (!parsed.ok) return sendFault(response, parsed.fault);
    const { event, data } = parsed.value;
    const message_id = messageIdOf(request.headers, parsed.value.message_id);
    if (!message_id.ok) return sendFault(response, message_id.fault);
    const { thread_id, owner } = thread.value;
    try {
      const sent = { thread_id, event, data, message_id: message_id.value, owner };
      const published = await publishFromClient(store.logs, sent);
      if (published.ok) sendJson(response, { offset: published.value });
      else sendFault(response, published.fault);
    } catch (error) {
      logger.error({ err: asError(error) }, 'The store cannot take an event');
      sendFault(response, unavailableFault);
    }
  }

  function positionFrom(log: Locatable, from: string): Promise<Position> {
    if (from === 'start' || from === 'now') return positionSince(log, from);
    return /^\d+$/.test(from) ? positionSince(log, Number(from)) : positionAt(log, from);
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
    beginSse(response);
    if (framesOf !== undefined) {
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
      streams,
      right,
      heartbeatMs,
      format: framesOf === undefined ? formatEvents : (frame) => formatFrame(framesOf, frame),
      onEnd: () => {},
      onError,
    }).start();
  }

  return [
    { method: 'GET', path: PATH, handle: read },
    { method: 'POST', path: PATH, handle: publish },
  ];
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
