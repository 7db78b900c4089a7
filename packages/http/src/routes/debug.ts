/** `/debug/…`: every connection and every session, for requests with access; see `../gate.ts`. */

import { type Fault, fault, THREAD_ID_PATTERN } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { ClusterView, type PageRequest, SessionPages } from '@session-monitor/server/internal';
import { type HttpFault, sendFault, sendJson } from '../answer.js';
import type { DebugAccess } from '../debug-access.js';
import type { Query, Route } from '../exchange.js';
import { type DebugAnswer, debugViewRoutes } from './debug-views.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export function debugRoutes(sessions: SessionServer, access: DebugAccess): readonly Route[] {
  const { internals, node } = sessions;
  const { store, threads } = internals;
  const cluster = new ClusterView(internals);
  const pages = new SessionPages(internals, cluster);

  const connections = route('/debug/websocket-sessions', true, async (_query, page) => {
    const { total, connections, more, unreachable } = await cluster.connections(page);
    const away = await pages.disconnected({ after: '', limit: page.limit });
    return {
      node,
      total_connections: total,
      connections,
      next: more ? (connections.at(-1)?.connection_id ?? null) : null,
      /** Nodes that live and did not answer: their connections are missing. */
      ...(unreachable.length > 0 && { unreachable }),
      /** Sessions that can be resumed; the first ones. `/debug/all-sessions` pages through all. */
      disconnected_sessions: away.entries,
    };
  });

  const all = route('/debug/all-sessions', false, async (_query, page) => {
    const { connected, disconnected } = await store.sessions.counts();
    const { entries, next } = await pages.all(page);
    return {
      total_sessions: connected + disconnected,
      active_sessions: connected,
      threads: threads.size,
      sessions: entries,
      next,
    };
  });

  const ofThread = route('/debug/thread-sessions', false, async ({ thread_id }, page) => {
    if (typeof thread_id !== 'string' || !THREAD_ID_PATTERN.test(thread_id)) return badThreadId;
    const { entries, next } = await pages.ofThread(thread_id, page);
    return {
      thread_id,
      active_session_count: await pages.countConnected(thread_id),
      active_sessions: entries,
      next,
    };
  });

  return [connections, all, ofThread, ...debugViewRoutes(sessions, route)];

  function route(path: string, needsKey: boolean, answer: DebugAnswer): Route {
    return {
      method: 'GET',
      path,
      async handle(exchange) {
        const { response, query, params } = exchange;
        if (!(await access.admits(exchange, { needsKey }))) return;
        const page = readPage(query);
        const answered = 'code' in page ? page : await answer(query, page, params);
        if ('code' in answered) sendFault(response, answered as HttpFault);
        else sendJson(response, answered);
      },
    };
  }
}

export function readPage({ after, limit }: Query): PageRequest | Fault {
  const number = limit === undefined ? DEFAULT_LIMIT : Number(limit);
  if (!Number.isInteger(number) || number < 1 || number > MAX_LIMIT) {
    const message = `'limit' must be a whole number from 1 to ${MAX_LIMIT}.`;
    return fault('bad_request', message, { field: 'limit' });
  }
  if (after !== undefined && typeof after !== 'string') {
    const message = "'after' must be the 'next' of the page before.";
    return fault('bad_request', message, { field: 'after' });
  }
  return { after: after ?? '', limit: number };
}

const badThreadId = fault(
  'bad_thread_id',
  "'thread_id' must be 1 to 128 letters, digits, underscores, dots, colons or hyphens: ?thread_id=my-thread.",
  { field: 'thread_id' },
);
