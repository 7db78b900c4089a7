/** A request for each operation that the server grants, and what may go wrong with it. */

import type { Expected } from './recorder.js';
import type { ApiRequest } from './send.js';
import { DEBUG_KEY, SECRET, SESSION, THREAD } from './stages.js';

export interface Granted {
  /** The operation in the OpenAPI file. */
  readonly id: string;
  readonly request: ApiRequest;
  readonly status?: number;
  /** `token`: `authorize` is asked. `debug`: the key of `/debug` may be needed. */
  readonly asks?: 'token' | 'debug';
  /** It writes: a store that is nearly full refuses it. */
  readonly writes?: boolean;
  /** The answer when the store is away; it does not need the store without one. */
  readonly away?: Expected;
  /** The same when the store is broken, and has been so since the start. */
  readonly broken?: Expected;
}

const RIGHT = { authorization: 'Bearer right' };
const KEY = { authorization: `Bearer ${DEBUG_KEY}` };
const PATH = `/threads/${THREAD}`;

const UNAVAILABLE: Expected = { status: 503, code: 'unavailable' };
const FAILED: Expected = { status: 500, code: 'internal' };

const authorised = (
  id: string,
  method: string,
  path: string,
  more: Partial<Granted> & Partial<Pick<ApiRequest, 'body' | 'headers' | 'until'>> = {},
): Granted => {
  const { body, headers, until, ...granted } = more;
  const extra = { ...(body !== undefined && { body }), ...(until !== undefined && { until }) };
  const request = { method, path, headers: { ...RIGHT, ...headers }, ...extra };
  return { id, asks: 'token', away: UNAVAILABLE, broken: FAILED, ...granted, request };
};

const debug = (id: string, path: string, more: Partial<Granted> = {}, until?: string): Granted => ({
  id,
  asks: 'debug',
  ...more,
  request: { method: 'GET', path, headers: KEY, ...(until !== undefined && { until }) },
});

/** It needs a right, and no store. */
const detail = (id: string, method: string, path: string, body?: object): Granted => ({
  id,
  asks: 'token',
  request: { method, path, headers: RIGHT, ...(body && { body }) },
});

const open = (id: string, path: string, more: Partial<Granted> = {}): Granted => ({
  id,
  ...more,
  request: { method: 'GET', path },
});

const MESSAGE = { thread_id: THREAD, user_input: 'What is a cursor?', use_websocket: true };

/** A path of a file of each page. */
export interface Assets {
  readonly demo: string;
  readonly dashboard: string;
}

export const grantedRequests = (assets: Assets): readonly Granted[] => [
  authorised('postMessage', 'POST', '/havefun', {
    body: { ...MESSAGE, message_id: 'first', user_id: null },
    until: 'run_started',
    writes: true,
  }),
  authorised('listThreads', 'GET', '/threads?limit=10'),
  authorised('readThread', 'GET', PATH),
  authorised('createThread', 'PUT', PATH, { status: 204, writes: true }),
  authorised('updateThread', 'PATCH', PATH, {
    body: { title: 'Named', metadata: { folder: 'work' } },
    writes: true,
  }),
  authorised('eraseThread', 'DELETE', '/threads/erased', { status: 204, writes: true }),
  authorised('readEvents', 'GET', `${PATH}/events?since=start`, { until: '"note"' }),
  authorised('publishEvent', 'POST', `${PATH}/events`, {
    body: { event: 'note', data: { text: 'Hello' }, message_id: null },
    writes: true,
  }),
  authorised('revoke', 'POST', '/revocations', { body: { session_id: 'no-session-of-this-test' } }),
  {
    id: 'sendReport',
    status: 204,
    away: UNAVAILABLE,
    broken: FAILED,
    request: {
      method: 'POST',
      path: `/sessions/${SESSION}/report`,
      body: { note: 'It has stopped.', diagnostics: { version: '0.1.0' }, requested: null },
      headers: { authorization: `Bearer ${SECRET}` },
    },
  },
  open('health', '/healthz', { broken: FAILED }),
  open('readiness', '/readyz', { away: { status: 503 }, broken: FAILED }),
  open('clientScript', '/session_monitor.js'),
  open('openapi', '/openapi.json'),
  open('demoPage', '/'),
  open('demoAsset', assets.demo),
  open('demoFacts', '/demo.json'),
  open('dashboardPage', '/dashboard'),
  open('dashboardAsset', assets.dashboard),
  debug('listConnections', '/debug/websocket-sessions?limit=10', { away: FAILED }),
  debug('listSessions', '/debug/all-sessions?after=', { away: FAILED }),
  debug('listThreadSessions', `/debug/thread-sessions?thread_id=${THREAD}`, { away: FAILED }),
  debug('findSessions', '/debug/sessions?state=disconnected', { away: UNAVAILABLE }),
  debug('showSession', `/debug/sessions/${SESSION}`, { away: UNAVAILABLE }),
  debug('findThreads', '/debug/threads?q=desc', { away: UNAVAILABLE }),
  debug('showThread', `/debug/threads/${THREAD}`, { away: UNAVAILABLE }),
  debug('listRuns', `/debug/threads/${THREAD}/runs`, { away: UNAVAILABLE }),
  debug('showLog', `/debug/threads/${THREAD}/log?from=1`, { away: UNAVAILABLE }),
  authorised('showPayloads', 'GET', `/debug/threads/${THREAD}/payloads?from=1`),
  debug('listRecentRuns', '/debug/runs'),
  debug('listNodes', '/debug/nodes'),
  debug('showHistory', '/debug/history'),
  // The store may be away: its sessions are then missing, and the stream goes on.
  debug('followLive', '/debug/live?sort=-lag&limit=10', {}, '"type":"totals"'),
  debug('traceSession', `/debug/sessions/${SESSION}/trace`),
  debug('traceThread', `/debug/threads/${THREAD}/trace?limit=10`),
  debug('traceUser', '/debug/users/alice/trace'),
  debug('listDetail', '/debug/detail'),
  detail('beginDetail', 'POST', '/debug/detail', { thread_id: THREAD, minutes: 1 }),
  detail('endDetail', 'DELETE', `/debug/detail?thread_id=${THREAD}`),
  debug('listActions', '/debug/actions'),
  detail('operate', 'POST', '/debug/actions', { action: 'erase', thread_id: 'erased' }),
  debug('metrics', '/metrics'),
  debug('explainSession', `/debug/sessions/${SESSION}/findings`),
  debug('explainThread', `/debug/threads/${THREAD}/findings`),
  debug('explainUser', '/debug/users/alice/findings'),
];

/** It is granted for a reply that is being produced. */
export const cancelOf = (run_id: string): Granted =>
  authorised('cancelRun', 'POST', `${PATH}/runs/${run_id}/cancel`);

/** It is granted for a session that is connected. */
export const requestReportOf = (session_id: string): Granted =>
  authorised('requestReport', 'POST', `/debug/sessions/${session_id}/report-request`, {
    status: 202,
  });
