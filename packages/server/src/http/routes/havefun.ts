/** `POST /havefun`: asks for a reply and streams it back. */

import type { IncomingHttpHeaders } from 'node:http';
import {
  type Fault,
  fault,
  parsePostMessage,
  type Result,
  refused,
} from '@session-monitor/protocol';
import type { FastifyInstance } from 'fastify';
import { permit } from '../../authorize.js';
import { asError } from '../../errors.js';
import type { SessionServer } from '../../session-server.js';
import type { Run } from '../../threads/runs.js';
import { sendFault } from '../faults.js';
import { streamRun } from '../run-stream.js';
import { SSE_HEADERS } from '../sse.js';

/** How long a reply that nobody else can see goes on without its reader. */
const ORPHANED_RUN_MS = 10_000;

export function havefunRoute(app: FastifyInstance, sessions: SessionServer): void {
  const { threads, runs, authorize, logger, clock } = sessions.internals;

  app.post('/havefun', async (request, reply) => {
    const parsed = parsePostMessage(request.body);
    if (!parsed.ok) return sendFault(reply, parsed.fault);
    if (sessions.draining) return sendFault(reply, drainFault);
    await sessions.ready;
    const { thread_id, user_input, user_id, use_websocket = false } = parsed.value;
    const allowed = await mayPost(thread_id, user_id, request.headers);
    if (!allowed.ok) return sendFault(reply, allowed.fault);

    const run = runs.prepare({
      thread_id,
      user_input,
      user_id: allowed.value,
      publish: use_websocket,
    });
    // The stream is opened before the run begins: it misses nothing of it.
    const lease = await threads.acquire(run.log_id).catch((error: unknown) => {
      logger.error({ err: asError(error) }, 'The store cannot answer');
    });
    if (!lease) return sendFault(reply, unavailableFault);
    reply.hijack();
    reply.raw.writeHead(200, { ...SSE_HEADERS, 'x-run-id': run.run_id });
    reply.raw.flushHeaders();
    run.begin();
    const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');
    const complete = await streamRun({ response: reply.raw, lease, run, onError });
    if (!complete && !use_websocket) abandon(run);
    return reply;
  });

  async function mayPost(
    thread_id: string,
    user_id: string | undefined,
    headers: IncomingHttpHeaders,
  ): Promise<Result<string | null>> {
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    const permission = await permit(
      authorize,
      {
        action: 'post',
        thread_id,
        ...(user_id !== undefined && { user_id }),
        ...(token !== undefined && { token }),
        auth: {},
        headers,
      },
      (err) => logger.error({ err, action: 'post' }, 'authorize failed'),
    );
    return permission.granted ? { ok: true, value: permission.user_id } : refused(permission.fault);
  }

  /** Cancels a run that only its own stream could see, some time after that has gone. */
  function abandon(run: Run): void {
    const cancel = clock.after(ORPHANED_RUN_MS, () => run.cancel());
    void run.ended.then(cancel);
  }
}

const unavailableFault: Fault = fault(
  'unavailable',
  'The store cannot answer at the moment. Try again.',
);

const drainFault: Fault = fault('draining', 'The server is about to stop. Try again in a moment.', {
  retry_after_ms: 1_000,
});
