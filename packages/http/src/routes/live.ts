/**
 * `GET /debug/live`: sessions and figures as they change, a line of JSON each, for as long as the request is open.
 * `GET /debug/history`: the figures of the last day, minute by minute.
 */

import { fault } from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import { HistoryView, LiveLists, MAX_VIEWERS } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import type { DebugAccess } from '../debug-access.js';
import type { Exchange, Route } from '../exchange.js';
import { LineStream } from '../line-stream.js';
import { stallLimitOf } from '../stall-guard.js';
import { refuseOthers } from './debug-filter.js';
import { readLiveQuery } from './live-query.js';

export function liveRoutes(sessions: SessionServer, access: DebugAccess): readonly Route[] {
  const { internals } = sessions;
  const lists = new LiveLists(sessions);
  const history = new HistoryView(internals);

  async function live(exchange: Exchange): Promise<void> {
    const { response, query } = exchange;
    if (!(await access.admits(exchange, { needsKey: false }))) return;
    const parsed = readLiveQuery(query);
    if (!parsed.ok) return sendFault(response, parsed.fault);
    const limit = stallLimitOf(internals);
    const stream = new LineStream({ response, clock: internals.clock, ...limit });
    const end = lists.begin(parsed.value, stream);
    if (!end) return sendFault(response, tooMany);
    stream.open(end);
    // A HEAD asks what a GET would say, and does not follow.
    if (response.req.method === 'HEAD') stream.end();
  }

  async function day(exchange: Exchange): Promise<void> {
    const { response, query } = exchange;
    if (!(await access.admits(exchange, { needsKey: false }))) return;
    const refusal = refuseOthers(query, []);
    if (refusal) sendFault(response, refusal);
    else sendJson(response, await history.all());
  }

  return [
    { method: 'GET', path: '/debug/live', handle: live },
    { method: 'GET', path: '/debug/history', handle: day },
  ];
}

/** A dashboard that was left open somewhere holds its place. */
const RETRY_MS = 10_000;

const tooMany = fault(
  'limit_reached',
  `${MAX_VIEWERS} live lists are open on this server. Close a dashboard that nothing looks at, or use another server.`,
  { retry_after_ms: RETRY_MS },
);
