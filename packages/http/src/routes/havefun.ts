/** `POST /havefun`: asks for a reply, or for one that was asked for before, and streams it back. */

import {
  LIMITS,
  ok,
  parsePostMessage,
  parsePostQuestion,
  type Result,
  refused,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import {
  asError,
  clientAddress,
  type Position,
  type RunHandle,
  type RunRequest,
  storeFault,
  type ThreadLease,
} from '@session-monitor/server/internal';
import { sendFault } from '../answer.js';
import { BODY_FIELDS_BYTES, BYTES_PER_UNIT } from '../body.js';
import type { Exchange, Route } from '../exchange.js';
import { messageIdOf } from '../idempotency-key.js';
import { type Admission, permitRequest } from '../permission.js';
import { positionInRun, streamRun } from '../run-stream.js';
import { beginSse } from '../sse.js';
import { stallLimitOf } from '../stall-guard.js';
import { beginStream } from '../stream-quota.js';

/** The longest message, in whichever way its sender writes it. */
const MAX_BODY_BYTES = BYTES_PER_UNIT * LIMITS.maxUserInputLength + BODY_FIELDS_BYTES;

interface Joined {
  readonly run: RunHandle;
  readonly lease: ThreadLease;
  readonly position: Position;
}

export function havefunRoutes(sessions: SessionServer): readonly Route[] {
  const { internals } = sessions;
  const { threads, runs, logger, clock, settings, streams, quotas, endpoint, metrics, tracing } =
    internals;

  async function postMessage(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    // Which thread it is stands in the body. So the body is read, bounded, but not parsed before `authorize` has
    // admitted its sender: only the two fields that the hook is asked about.
    const body = await exchange.readBody({
      maxBytes: MAX_BODY_BYTES,
      pick: ['thread_id', 'user_id'],
    });
    if (!body.ok) return sendFault(response, body.fault);
    const asked = parsePostQuestion(body.value.picked);
    if (!asked.ok) return sendFault(response, asked.fault);
    await sessions.ready;
    const accessRequest = { action: 'post', ...asked.value } as const;
    const allowed = await permitRequest(sessions.internals, accessRequest, exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const parsed = body.value.parse(parsePostMessage);
    if (!parsed.ok) return sendFault(response, parsed.fault);
    const { thread_id, user_input, use_websocket: publish = false, policy } = parsed.value;
    const message_id = messageIdOf(request.headers, parsed.value.message_id);
    if (!message_id.ok) return sendFault(response, message_id.fault);

    const refusal = beginStream(quotas, exchange, allowed.value);
    if (refusal) return sendFault(response, refusal);
    const runRequest: RunRequest = {
      thread_id,
      user_input,
      publish,
      address: clientAddress(request, endpoint.addresses),
      user_id: allowed.value.user_id,
      owner: allowed.value.owner,
      ...(message_id.value !== undefined && { message_id: message_id.value }),
      ...(policy && { policy }),
    };
    const span = exchange.origin?.message(runRequest);
    const joined = await join({ ...runRequest, span }, request.headers['last-event-id']);
    if (!joined.ok) return sendFault(response, joined.fault);
    return stream(exchange, joined.value, { ...allowed.value, thread_id });
  }

  async function join(
    runRequest: RunRequest,
    lastEventId: string | string[] | undefined,
  ): Promise<Result<Joined>> {
    try {
      const run = await runs.submit(runRequest);
      if (!run.ok) return run;
      try {
        const { log_id, cursor } = run.value.record;
        const after = typeof lastEventId === 'string' ? lastEventId : undefined;
        const found = await threads.acquireAt(log_id, (log) => positionInRun(log, cursor, after));
        return ok({ run: run.value, ...found });
      } catch (error) {
        run.value.leave();
        throw error;
      }
    } catch (error) {
      return refused(storeFault(logger, error));
    }
  }

  async function stream(
    { response }: Exchange,
    { run, lease, position }: Joined,
    right: Admission,
  ): Promise<void> {
    beginSse(response, { 'x-run-id': run.record.run_id });
    const onError = (error: unknown) => logger.error({ err: asError(error) }, 'A stream failed');
    const heartbeatMs = settings.pingIntervalMs;
    const delivery = tracing?.streamed(run.record);
    const reader = { response, lease, position, right, heartbeatMs, onError, delivery };
    const shared = { ...reader, run, clock, streams, metrics };
    await streamRun({ ...shared, ...stallLimitOf(internals) });
    run.leave();
  }

  return [{ method: 'POST', path: '/havefun', handle: postMessage }];
}
