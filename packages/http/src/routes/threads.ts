/** `/threads`: the list of threads, and a thread in it: to read, to name and to erase. */

import {
  parseThreadPatch,
  parseThreadsQuery,
  type Result,
  refused,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { asError, unavailableFault } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import type { Exchange, Route } from '../exchange.js';
import { admitToThread, permitListing } from '../permission.js';

const PATH = '/threads/:thread_id';

export function threadRoutes(sessions: SessionServer): readonly Route[] {
  const { threadList, logger } = sessions.internals;

  async function list(exchange: Exchange): Promise<void> {
    const { response, query } = exchange;
    const wanted = parseThreadsQuery({ ...query });
    if (!wanted.ok) return sendFault(response, wanted.fault);
    await sessions.ready;
    const { user_id, ...place } = wanted.value;
    const owner = await permitListing(sessions.internals, user_id, exchange);
    if (!owner.ok) return sendFault(response, owner.fault);
    const owned = owner.value === undefined ? {} : { user_id: owner.value };
    const page = await answered(() => threadList.page({ ...place, ...owned }));
    if (page) sendJson(response, page);
    else sendFault(response, unavailableFault);
  }

  async function read(exchange: Exchange): Promise<void> {
    const thread = await admitToThread(sessions, exchange, { action: 'read' });
    if (!thread.ok) return sendFault(exchange.response, thread.fault);
    const { thread_id } = thread.value;
    send(exchange, await answered(() => threadList.get(thread_id)));
  }

  async function update(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    const body = await exchange.readJson();
    if (!body.ok) return sendFault(response, body.fault);
    const patch = parseThreadPatch(body.value);
    if (!patch.ok) return sendFault(response, patch.fault);
    const thread = await admitToThread(sessions, exchange, { action: 'update' });
    if (!thread.ok) return sendFault(response, thread.fault);
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
      logger.error({ err: asError(error) }, 'A thread could not be erased');
      sendFault(response, unavailableFault);
    }
  }

  /** Undefined if the store cannot answer. */
  const answered = <T>(ask: () => Promise<T>): Promise<T | undefined> =>
    ask().catch((error: unknown) => {
      logger.error({ err: asError(error) }, 'The store cannot answer');
      return undefined;
    });

  return [
    { method: 'GET', path: '/threads', handle: list },
    { method: 'GET', path: PATH, handle: read },
    { method: 'PATCH', path: PATH, handle: update },
    { method: 'DELETE', path: PATH, handle: erase },
  ];
}

function send({ response }: Exchange, result: Result<object> = refused(unavailableFault)): void {
  if (result.ok) sendJson(response, result.value);
  else sendFault(response, result.fault);
}
