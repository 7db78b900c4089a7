/** `POST /havefun`: asks for a reply and streams it back. */

import type { IncomingHttpHeaders } from 'node:http';
import { parsePostMessage, type Result, refused } from '@session-monitor/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { permit } from '../../authorize.js';
import { asError } from '../../errors.js';
import type { SessionServer } from '../../session-server.js';
import { unavailableFault } from '../../sessions/faults.js';
import type { Run } from '../../threads/runs.js';
import type { ThreadLease } from '../../threads/threads.js';
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
    const { thread_id, user_input, user_id, use_websocket: publish = false } = parsed.value;
    await sessions.ready;
    const allowed = await mayPost(thread_id, user_id, request.headers);
    if (!allowed.ok) return sendFault(reply, allowed.fault);

    const run = runs.prepare({ thread_id, user_input, user_id: allowed.value, publish });
    // The log is followed before the run begins: the stream misses nothing of it.
    const lease = await follow(run.log_id);
    if (!lease) return sendFault(reply, unavailableFault);
    const begun = run.begin();
    if (!begun.ok) {
      lease.release();
      return sendFault(reply, begun.fault);
    }
    const complete = await stream(reply, lease, run);
    if (!complete && !publish) abandon(run);
    return reply;
  });

  async function follow(log_id: string): Promise<ThreadLease | undefined> {
    try {
      return await threads.acquire(log_id);
    } catch (error) {
      logger.error({ err: asError(error) }, 'The store cannot answer');
      return undefined;
    }
  }

  async function stream(reply: FastifyReply, lease: ThreadLease, run: Run): Promise<boolean> {
    reply.hijack();
    // What plugins have put on the reply (CORS) is ours to send now.
    const headers = { ...reply.getHeaders(), ...SSE_HEADERS, 'x-run-id': run.run_id };
    reply.raw.writeHead(200, headers as Record<string, string>);
    reply.raw.flushHeaders();
    const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');
    return streamRun({ response: reply.raw, lease, run, onError });
  }

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
