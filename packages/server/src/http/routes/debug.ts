/** `/debug/…`: every connection and every session, for who may look; see `../debug/gate.ts`. */

import { type Fault, fault, THREAD_ID_PATTERN } from '@session-monitor/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { SessionServer } from '../../session-server.js';
import { ClusterView } from '../debug/cluster-view.js';
import {
  type DebugPolicy,
  type DebugRequest,
  judgeDebugAccess,
  presentedKey,
} from '../debug/gate.js';
import type { PageRequest } from '../debug/page.js';
import { SessionPages } from '../debug/session-pages.js';
import { notFoundFault, sendFault } from '../faults.js';

/** Wrong keys that one address may present within a minute. */
const FAILURES_PER_MINUTE = 10;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

type Query = Readonly<Record<string, unknown>>;
type Answer = (query: Query, page: PageRequest) => Promise<object | Fault>;

export function debugRoutes(
  app: FastifyInstance,
  sessions: SessionServer,
  policy: DebugPolicy,
): void {
  const { internals, node } = sessions;
  const { store, threads } = internals;
  const cluster = new ClusterView(internals);
  const pages = new SessionPages(internals, cluster);
  const failures = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 });

  route('/debug/websocket-sessions', true, async (_query, page) => {
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

  route('/debug/all-sessions', false, async (_query, page) => {
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

  route('/debug/thread-sessions', false, async ({ thread_id }, page) => {
    if (typeof thread_id !== 'string' || !THREAD_ID_PATTERN.test(thread_id)) return badThreadId;
    const { entries, next } = await pages.ofThread(thread_id, page);
    return {
      thread_id,
      active_session_count: await pages.countConnected(thread_id),
      active_sessions: entries,
      next,
    };
  });

  function route(url: string, needsKey: boolean, answer: Answer): void {
    app.get(url, async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      if (!(await mayLook(request, reply, needsKey))) return reply;
      const query = request.query as Query;
      const page = readPage(query);
      const answered = 'code' in page ? page : await answer(query, page);
      if ('code' in answered) return sendFault(reply, answered as Fault);
      return reply.send(answered);
    });
  }

  /** Whether the request is let in; answers it if not. */
  async function mayLook(
    { socket, headers, query }: FastifyRequest,
    reply: FastifyReply,
    needsKey: boolean,
  ): Promise<boolean> {
    const peer = socket.remoteAddress;
    const facts: DebugRequest = { peer, headers, api_key: (query as Query).api_key };
    const address = peer ?? 'unknown';
    const limited = ((await failures.get(address))?.consumedPoints ?? 0) >= FAILURES_PER_MINUTE;
    const verdict = judgeDebugAccess(facts, policy, needsKey);
    const guesses = presentedKey(facts, true) !== undefined;
    if (verdict === 'granted' && !(limited && guesses)) return true;
    if (guesses) await failures.penalty(address);
    if (verdict === 'hidden' || !policy.development) sendFault(reply, notFoundFault);
    else sendFault(reply, limited ? tooManyFault : keyFault);
    return false;
  }
}

function readPage({ after, limit }: Query): PageRequest | Fault {
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

const keyFault = {
  code: 'key_required',
  message:
    'A key is needed: ?api_key=debug_websocket_key in development, or that of DEBUG_API_KEY.',
} as const;

const tooManyFault = fault('limit_reached', 'Too many wrong keys. Try again in a minute.', {
  retry_after_ms: 60_000,
});
