/** `POST /havefun`: asks for a reply, or for one that was asked for before, and streams it back. */

import { ok, parsePostMessage, type Result, refused } from '@session-monitor/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Position } from '../../core/position.js';
import { asError } from '../../errors.js';
import type { RunRequest } from '../../runs/run-id.js';
import type { RunHandle } from '../../runs/runs.js';
import type { SessionServer } from '../../session-server.js';
import { unavailableFault } from '../../sessions/faults.js';
import type { ThreadLease } from '../../threads/threads.js';
import { sendFault } from '../faults.js';
import { messageIdOf } from '../idempotency-key.js';
import { permitRequest } from '../permission.js';
import { positionInRun, streamRun } from '../run-stream.js';
import { beginSse } from '../sse.js';

interface Joined {
  readonly run: RunHandle;
  readonly lease: ThreadLease;
  readonly position: Position;
}

export function havefunRoute(app: FastifyInstance, sessions: SessionServer): void {
  const { threads, runs, store, logger, clock, settings } = sessions.internals;

  app.post('/havefun', async (request, reply) => {
    const parsed = parsePostMessage(request.body);
    if (!parsed.ok) return sendFault(reply, parsed.fault);
    const { thread_id, user_input, use_websocket: publish = false, policy } = parsed.value;
    const message_id = messageIdOf(request.headers, parsed.value.message_id);
    if (!message_id.ok) return sendFault(reply, message_id.fault);
    await sessions.ready;
    const wish = { action: 'post', thread_id, user_id: parsed.value.user_id } as const;
    const allowed = await permitRequest(sessions.internals, wish, request.headers);
    if (!allowed.ok) return sendFault(reply, allowed.fault);

    const question: RunRequest = {
      ...{ thread_id, user_input, publish, user_id: allowed.value },
      ...(message_id.value !== undefined && { message_id: message_id.value }),
      ...(policy && { policy }),
    };
    const joined = await join(question, request.headers['last-event-id']);
    if (!joined.ok) return sendFault(reply, joined.fault);
    await stream(reply, joined.value);
    return reply;
  });

  async function join(
    question: RunRequest,
    lastEventId: string | string[] | undefined,
  ): Promise<Result<Joined>> {
    try {
      const run = await runs.ask(question);
      if (!run.ok) return run;
      try {
        const { log_id, cursor } = run.value.record;
        const after = typeof lastEventId === 'string' ? lastEventId : undefined;
        const position = await positionInRun(store.logs, log_id, cursor, after);
        return ok({ run: run.value, lease: await threads.acquire(log_id), position });
      } catch (error) {
        run.value.leave();
        throw error;
      }
    } catch (error) {
      logger.error({ err: asError(error) }, 'The store cannot answer');
      return refused(unavailableFault);
    }
  }

  async function stream(reply: FastifyReply, { run, lease, position }: Joined): Promise<void> {
    beginSse(reply, { 'x-run-id': run.record.run_id });
    const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');
    const heartbeatMs = settings.pingIntervalMs;
    await streamRun({ response: reply.raw, lease, position, run, clock, heartbeatMs, onError });
    run.leave();
  }
}
