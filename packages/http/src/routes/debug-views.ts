/**
 * `/debug/sessions`, `/debug/threads`, `/debug/users` and `/debug/nodes`: what there is, for a dashboard, and what explains it.
 * Unlike the older lists they take filters, and refuse a parameter that they do not know.
 */

import {
  fault,
  ok,
  parseThreadId,
  type Result,
  refused,
  THREAD_ID_PATTERN,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import {
  Explanations,
  LogWindows,
  NodeViews,
  type PageRequest,
  RecentRuns,
  RUN_PLACE_PATTERN,
  RunPages,
  SessionLookup,
  SessionSearch,
  storeFault,
  ThreadSearch,
  ThreadViews,
} from '@session-monitor/server/internal';
import type { HttpFault } from '../answer.js';
import type { Exchange, Query, Route } from '../exchange.js';
import { FILTERS, readFilter, refuseOthers } from './debug-filter.js';

/** What a route of `/debug` answers. */
export type DebugAnswer = (
  query: Query,
  page: PageRequest,
  params: Exchange['params'],
) => Promise<object | HttpFault>;

/** Makes a route of `/debug`. */
export type DebugRoute = (path: string, needsKey: boolean, answer: DebugAnswer) => Route;

/** Ids of sessions, and of sockets, by which v1 sessions go. */
const SESSION_NAME = /^[\w-]{1,64}$/;

export function debugViewRoutes(sessions: SessionServer, route: DebugRoute): readonly Route[] {
  const { internals } = sessions;
  const search = new SessionSearch(internals);
  const lookup = new SessionLookup(internals);
  const runs = new RunPages(internals);
  const threads = new ThreadViews(internals, search, runs);
  const threadSearch = new ThreadSearch(internals);
  const logs = new LogWindows(internals);
  const recent = new RecentRuns(internals);
  const nodes = new NodeViews(sessions);
  const explanations = new Explanations(sessions, lookup, runs);

  const explain = async (subject: { readonly thread_id: string } | { readonly user_id: string }) =>
    (await explanations.of(subject)) ?? unknownSession;

  /** @param parameters those that the route takes besides the key */
  const view = (path: string, parameters: readonly string[], answer: DebugAnswer): Route =>
    route(path, false, async (query, page, params) => {
      const refusal = refuseOthers(query, parameters);
      if (refusal) return refusal;
      try {
        return await answer(query, page, params);
      } catch (error) {
        return storeFault(internals.logger, error, 'debug');
      }
    });

  return [
    view('/debug/sessions', [...FILTERS, 'after', 'limit'], async (query, page) => {
      const filter = readFilter(query);
      return filter.ok ? search.find(filter.value, page) : filter.fault;
    }),
    view('/debug/sessions/:session_id', [], async (_query, _page, { session_id = '' }) => {
      if (!SESSION_NAME.test(session_id)) return unknownSession;
      return (await lookup.find(session_id)) ?? unknownSession;
    }),
    view('/debug/threads', ['q', 'after', 'limit'], async ({ q = '' }, page) => {
      const isPrefix = q === '' || (typeof q === 'string' && THREAD_ID_PATTERN.test(q));
      return isPrefix ? threadSearch.find(q as string, page) : badPrefix;
    }),
    view('/debug/threads/:thread_id', ['limit'], async (_query, { limit }, params) => {
      const thread_id = parseThreadId(params.thread_id);
      return thread_id.ok ? threads.of(thread_id.value, limit) : thread_id.fault;
    }),
    view('/debug/threads/:thread_id/runs', ['after', 'limit'], async (_query, page, params) => {
      const thread_id = parseThreadId(params.thread_id);
      if (!thread_id.ok) return thread_id.fault;
      const isPlace = page.after === '' || RUN_PLACE_PATTERN.test(page.after);
      return isPlace ? runs.ofThread(thread_id.value, page) : badPlace;
    }),
    view('/debug/threads/:thread_id/log', ['from', 'limit'], async ({ from }, page, params) => {
      const thread_id = parseThreadId(params.thread_id);
      if (!thread_id.ok) return thread_id.fault;
      const offset = readOffset({ from });
      return offset.ok ? logs.of(thread_id.value, offset.value, page.limit) : offset.fault;
    }),
    view('/debug/runs', ['thread_id', 'limit'], async (query, { limit }) => {
      if (query.thread_id === undefined) return recent.all(limit);
      const thread_id = parseThreadId(query.thread_id);
      return thread_id.ok ? recent.all(limit, thread_id.value) : thread_id.fault;
    }),
    view('/debug/nodes', [], () => nodes.all()),
    view('/debug/sessions/:session_id/findings', [], async (_query, _page, { session_id = '' }) => {
      if (!SESSION_NAME.test(session_id)) return unknownSession;
      return (await explanations.of({ session_id })) ?? unknownSession;
    }),
    view('/debug/threads/:thread_id/findings', [], async (_query, _page, params) => {
      const thread_id = parseThreadId(params.thread_id);
      return thread_id.ok ? explain({ thread_id: thread_id.value }) : thread_id.fault;
    }),
    view('/debug/users/:user_id/findings', [], async (_query, _page, { user_id = '' }) =>
      explain({ user_id }),
    ),
  ];
}

const badPrefix = fault(
  'bad_request',
  "'q' must be what the ids of threads begin with: letters, digits, underscores, dots, colons or hyphens.",
  { field: 'q' },
);

/** The first offset of a part of a log; undefined for its end. */
export function readOffset({ from }: Query): Result<number | undefined> {
  if (from === undefined) return ok(undefined);
  const offset = Number(from);
  return Number.isSafeInteger(offset) && offset > 0 ? ok(offset) : refused(badOffset);
}

const badOffset = fault('bad_request', "'from' must be an offset: a whole number from 1.", {
  field: 'from',
});

const badPlace = fault('bad_request', "'after' must be the 'next' of the page before.", {
  field: 'after',
});

export const unknownSession: HttpFault = {
  code: 'session_unknown',
  message: 'There is no such session: it has expired, or it never existed.',
};
