/**
 * `/debug/…/trace`: what happened to a session, on a thread, or to a user. `/debug/detail`: of which of them every frame is
 * traced. See docs/trace.md.
 */

import {
  type Fault,
  fault,
  ok,
  parseThreadId,
  parseTraceDetail,
  parseTraceSubject,
  type Result,
} from '@session-monitor/protocol';
import type { SessionServer } from '@session-monitor/server';
import type { TracePage, TraceSubject } from '@session-monitor/server/internal';
import { sendFault, sendJson } from '../answer.js';
import { BODY_FIELDS_BYTES } from '../body.js';
import type { DebugAccess } from '../debug-access.js';
import type { Exchange, Query, Route } from '../exchange.js';
import { permitAdministration } from '../permission.js';
import { sendTrace, type TraceFormat } from '../trace-stream.js';

const DEFAULT_LINES = 1_000;
const MAX_LINES = 10_000;
const DETAIL = '/debug/detail';

type Params = Exchange['params'];

/** What a path names. */
const SUBJECTS: Readonly<Record<string, (params: Params) => Result<TraceSubject>>> = {
  '/debug/sessions/:session_id/trace': ({ session_id }) => parseTraceSubject({ session_id }),
  '/debug/threads/:thread_id/trace': ({ thread_id }) => {
    const parsed = parseThreadId(thread_id);
    return parsed.ok ? ok({ thread_id: parsed.value }) : parsed;
  },
  // Whatever `authorize` has called it.
  '/debug/users/:user_id/trace': ({ user_id = '' }) => ok({ user_id }),
};

export function traceRoutes(sessions: SessionServer, access: DebugAccess): readonly Route[] {
  const { sessionTrace } = sessions.internals;
  const { watches } = sessionTrace;

  async function show(
    exchange: Exchange,
    subjectOf: (params: Params) => Result<TraceSubject>,
  ): Promise<void> {
    const { response, params, query, request } = exchange;
    if (!(await access.admits(exchange, { needsKey: false }))) return;
    const subject = subjectOf(params);
    const page = readPage(query);
    const format = formatOf(query, request.headers.accept);
    if (!subject.ok) sendFault(response, subject.fault);
    else if ('code' in page) sendFault(response, page);
    else if (format === undefined) sendFault(response, badFormat);
    else await sendTrace(response, await sessionTrace.ask(subject.value, page), format);
  }

  async function list(exchange: Exchange): Promise<void> {
    if (await access.admits(exchange, { needsKey: false })) {
      sendJson(exchange.response, { detail: watches.list() });
    }
  }

  async function begin(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    const allowed = await mayChange(exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const body = await exchange.readBody({ maxBytes: BODY_FIELDS_BYTES });
    if (!body.ok) return sendFault(response, body.fault);
    const detail = body.value.parse(parseTraceDetail);
    if (!detail.ok) return sendFault(response, detail.fault);
    const { minutes, ...subject } = detail.value;
    const { done, unreachable } = await watches.begin(subject, minutes);
    if (done) sendJson(response, { detail: watches.list(), unreachable });
    else sendFault(response, tooMuchDetail);
  }

  async function end(exchange: Exchange): Promise<void> {
    const { response, query } = exchange;
    const allowed = await mayChange(exchange);
    if (!allowed.ok) return sendFault(response, allowed.fault);
    const subject = parseTraceSubject({ ...query });
    if (!subject.ok) return sendFault(response, subject.fault);
    const { unreachable } = await watches.end(subject.value);
    sendJson(response, { detail: watches.list(), unreachable });
  }

  async function mayChange(exchange: Exchange): Promise<Result<unknown>> {
    await sessions.ready;
    return permitAdministration(sessions.internals, exchange);
  }

  return [
    ...Object.entries(SUBJECTS).map(
      ([path, subjectOf]): Route => ({
        method: 'GET',
        path,
        handle: (exchange) => show(exchange, subjectOf),
      }),
    ),
    { method: 'GET', path: DETAIL, handle: list },
    { method: 'POST', path: DETAIL, handle: begin },
    { method: 'DELETE', path: DETAIL, handle: end },
  ];
}

function readPage({ limit, before }: Query): TracePage | Fault {
  const lines = limit === undefined ? DEFAULT_LINES : Number(limit);
  if (!Number.isInteger(lines) || lines < 1 || lines > MAX_LINES) {
    const message = `'limit' must be a whole number from 1 to ${MAX_LINES}.`;
    return fault('bad_request', message, { field: 'limit' });
  }
  if (before === undefined) return { limit: lines };
  const time = /^\d+$/.test(String(before)) ? Number(before) : Date.parse(String(before));
  if (!Number.isSafeInteger(time)) return badTime;
  return { limit: lines, before: time };
}

/** Undefined for a format that there is not. */
function formatOf({ format }: Query, accept = ''): TraceFormat | undefined {
  if (format === 'json' || format === 'ndjson') return format;
  if (format !== undefined) return undefined;
  return accept.includes('application/x-ndjson') ? 'ndjson' : 'json';
}

const badTime = fault(
  'bad_request',
  "'before' must be a time: milliseconds since 1970, the 'next' of an answer, or 2026-01-31T14:32:00Z.",
  { field: 'before' },
);

const badFormat = fault('bad_request', "'format' must be json or ndjson.", { field: 'format' });

/** Also of a detail that an operator begins from the dashboard. */
export const tooMuchDetail = fault(
  'limit_reached',
  'A hundred sessions, threads and users are traced in detail. End some: DELETE /debug/detail.',
);
