/** `/threads/:thread_id/events`: a thread's log to read, follow and publish to, in any language. */

import type { IncomingHttpHeaders } from 'node:http';
import {
  fault,
  parseEventsQuery,
  parsePublishMessage,
  SERVER_EVENTS,
  type StreamPosition,
} from '@session-monitor/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Position } from '../../core/position.js';
import { asError, ServerError } from '../../errors.js';
import type { SessionServer } from '../../session-server.js';
import { unavailableFault } from '../../sessions/faults.js';
import { encodeFrame } from '../../threads/frame-text.js';
import { positionAt, positionSince } from '../../threads/position-at.js';
import type { Frame } from '../../threads/pump.js';
import type { ThreadLease } from '../../threads/threads.js';
import { objectOf } from '../entry-text.js';
import { sendFault } from '../faults.js';
import { messageIdOf } from '../idempotency-key.js';
import { DEFAULT_PAGE_EVENTS, MAX_PAGE_EVENTS, readPage } from '../log-page.js';
import { LogStream } from '../log-stream.js';
import { admitToThread, type OfThread } from '../permission.js';
import { announcements, beginSse, formatSse } from '../sse.js';

const PATH = '/threads/:thread_id/events';

export function eventRoutes(app: FastifyInstance, sessions: SessionServer): void {
  const { threads, store, logger, clock, settings } = sessions.internals;
  const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');

  app.get(PATH, async (request: OfThread, reply) => {
    const thread = await admitToThread(sessions, request, { action: 'read' });
    if (!thread.ok) return sendFault(reply, thread.fault);
    const query = parseEventsQuery({ ...(request.query as object) });
    if (!query.ok) return sendFault(reply, query.fault);
    const lastEventId = request.headers['last-event-id'];
    // A browser that connects again asks for the same address, and says how far it had come.
    const from = typeof lastEventId === 'string' ? lastEventId : (query.value.since ?? 'start');
    const { value: thread_id } = thread;
    try {
      const position = await positionFrom(thread_id, from);
      if (wantsPage(request.headers)) {
        const limit = Math.min(Number(query.value.limit ?? DEFAULT_PAGE_EVENTS), MAX_PAGE_EVENTS);
        const page = await readPage(store.logs, thread_id, position, limit);
        return reply.type('application/json; charset=utf-8').send(page);
      }
      const lease = await threads.acquire(thread_id);
      stream(reply, lease, position, query.value.as === 'frames' ? thread_id : undefined);
      return reply;
    } catch (error) {
      logger.error({ err: asError(error) }, 'The store cannot answer');
      return sendFault(reply, unavailableFault);
    }
  });

  app.post(PATH, async (request: OfThread, reply) => {
    const parsed = parsePublishMessage(request.body);
    if (!parsed.ok) return sendFault(reply, parsed.fault);
    const { event, data } = parsed.value;
    const message_id = messageIdOf(request.headers, parsed.value.message_id);
    if (!message_id.ok) return sendFault(reply, message_id.fault);
    const thread = await admitToThread(sessions, request, { action: 'publish', event });
    if (!thread.ok) return sendFault(reply, thread.fault);
    const options = message_id.value === undefined ? {} : { message_id: message_id.value };
    try {
      const offset = await sessions.publish(thread.value, event, data, options);
      return reply.send({ offset });
    } catch (error) {
      if (error instanceof ServerError && error.code === 'ERR_PUBLISH') {
        return sendFault(reply, fault('bad_request', error.message));
      }
      logger.error({ err: asError(error) }, 'The store cannot take an event');
      return sendFault(reply, unavailableFault);
    }
  });

  function positionFrom(thread_id: string, from: string): Promise<Position> {
    if (from === 'start' || from === 'now') return positionSince(store.logs, thread_id, from);
    return /^\d+$/.test(from)
      ? positionSince(store.logs, thread_id, Number(from))
      : positionAt(store.logs, thread_id, from);
  }

  /** @param framesOf the thread, for a reader that wants frames */
  function stream(
    reply: FastifyReply,
    lease: ThreadLease,
    position: Position,
    framesOf: string | undefined,
  ): void {
    const heartbeatMs = settings.pingIntervalMs;
    beginSse(reply);
    if (framesOf !== undefined) {
      const { offset: head } = lease.log.head;
      reply.raw.write(formatPosition(framesOf, position, head, heartbeatMs));
    }
    const { epoch, after, cursor } = position;
    new LogStream({
      response: reply.raw,
      lease,
      // Who wants frames has been told already what it will not get.
      position: framesOf === undefined ? position : { epoch, after, cursor },
      clock,
      heartbeatMs,
      format: framesOf === undefined ? formatEvents : (frame) => formatFrame(framesOf, frame),
      onEnd: () => {},
      onError,
    }).start();
  }
}

/** A program that wants JSON says so; everybody else follows. */
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
  { epoch, after, cursor, gap, reset: reason }: Position,
  head: number,
  heartbeat_ms: number,
): string {
  const from = after + 1;
  const position: StreamPosition = {
    ...{ thread_id, epoch, head: Math.max(head, after), from, cursor, heartbeat_ms },
    ...(gap && { gap }),
    ...(reason && { reset: { reason, from } }),
  };
  return formatSse({ event: 'position', data: JSON.stringify(position) });
}
