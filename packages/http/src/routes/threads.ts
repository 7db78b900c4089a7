/** `/threads`: the list of threads, a thread (to create, to read, to name, to erase), and the end of a reply. */

import {
  ok,
  parseThreadPatch,
  parseThreadsQuery,
  type Result,
  refused,
  THREAD_LIST_LIMITS,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { storeFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import { BODY_FIELDS_BYTES, BYTES_PER_UNIT } from '../body.js';
import type { Exchange, Route } from '../exchange.js';
import { admitToThread, permitListing } from '../permission.js';

const PATH = '/threads/:thread_id';

/** The longest title and metadata, with room for their names. */
const MAX_PATCH_BYTES =
  BYTES_PER_UNIT * (THREAD_LIST_LIMITS.maxTitleLength + THREAD_LIST_LIMITS.maxMetadataBytes) +
  BODY_FIELDS_BYTES;

export function threadRoutes(sessions: SessionServer): readonly Route[] {
  const { threadList, runs, store, logger, quotas } = sessions.internals;

  async function list(exchange: Exchange): Promise<void> {
    const { response, query } = exchange;
    const wanted = parseThreadsQuery({ ...query });
    if (!wanted.ok) return sendFault(response, wanted.fault);
    await sessions.ready;
    const { user_id, ...place } = wanted.value;
    const owner = await permitListing(sessions.internals, user_id, exchange);
    if (!owner.ok) return sendFault(response, owner.fault);
    const owned = owner.value === undefined ? {} : { user_id: owner.value };
    send(exchange, await answered(async () => ok(await threadList.page({ ...place, ...owned }))));
  }

  async function read(exchange: Exchange): Promise<void> {
    const thread = await admitToThread(sessions, exchange, { action: 'read' });
    if (!thread.ok) return sendFault(exchange.response, thread.fault);
    const { thread_id } = thread.value;
    send(exchange, await answered(() => threadList.get(thread_id)));
  }

  /** Creates the thread, empty, if there is none: what a session that registers for it does over a socket. */
  async function create(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const thread = await admitToThread(sessions, exchange, { action: 'register' });
    if (!thread.ok) return sendFault(response, thread.fault);
    const { thread_id, owner } = thread.value;
    const spender = quotas.spenderOf(owner, request);
    const refusal = quotas.take('registrationsPerSecond', spender);
    if (refusal) return sendFault(response, refusal);
    try {
      await store.logs.open(thread_id);
      response.writeHead(204);
      response.end();
    } catch (error) {
      sendFault(response, storeFault(logger, error));
    }
  }

  async function update(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    const thread = await admitToThread(sessions, exchange, { action: 'update' });
    if (!thread.ok) return sendFault(response, thread.fault);
    // The path says all that the question needs, so that only a body of a caller who may change the thread is read.
    const body = await exchange.readBody({ maxBytes: MAX_PATCH_BYTES });
    if (!body.ok) return sendFault(response, body.fault);
    const patch = body.value.parse(parseThreadPatch);
    if (!patch.ok) return sendFault(response, patch.fault);
    const { thread_id } = thread.value;
    send(exchange, await answered(() => threadList.update(thread_id, patch.value)));
  }

  async function erase(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    const thread = await admitToThread(sessions, exchange, { action: 'delete' });
    if (!thread.ok) return sendFault(response, thread.fault);
    try {
      await sessions.deleteThread(thread.value.thread_id);
      response.writeHead(204);
      response.end();
    } catch (error) {
      sendFault(response, storeFault(logger, error, 'erase'));
    }
  }

  /** Ends a reply, for all clients of the thread. */
  async function cancel(exchange: Exchange): Promise<void> {
    const thread = await admitToThread(sessions, exchange, { action: 'cancel' });
    if (!thread.ok) return sendFault(exchange.response, thread.fault);
    const { run_id = '' } = exchange.params;
    const cancelled = await answered(() => runs.cancel(thread.value.thread_id, run_id));
    send(exchange, cancelled.ok ? ok({ run_id, status: cancelled.value.status }) : cancelled);
  }

  const answered = <T>(ask: () => Promise<Result<T>>): Promise<Result<T>> =>
    ask().catch((error: unknown) => refused(storeFault(logger, error)));

  return [
    { method: 'GET', path: '/threads', handle: list },
    { method: 'GET', path: PATH, handle: read },
    { method: 'PUT', path: PATH, handle: create },
    { method: 'PATCH', path: PATH, handle: update },
    { method: 'DELETE', path: PATH, handle: erase },
    { method: 'POST', path: `${PATH}/runs/:run_id/cancel`, handle: cancel },
  ];
}

function send({ response }: Exchange, result: Result<object>): void {
  if (result.ok) sendJson(response, result.value);
  else sendFault(response, result.fault);
}
