/** The OpenAPI file is held against real servers: every documented answer is seen, and every answer is as documented. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import { type Lab, test } from '../support/lab.js';
import { LiveViewer } from '../support/live-list.js';
import { range, until } from '../support/until.js';
import { Asking, OK, RIGHT } from './asking.js';
import { casesOf, DEBUG_LIMIT_CASES, DEBUG_THREAD_CASES, LIMIT_CASES } from './cases.js';
import { operationsOf, readDocument } from './document.js';
import type { Expected } from './recorder.js';
import { cancelOf, type Granted, requestReportOf } from './requests.js';
import type { ApiRequest } from './send.js';
import { DEBUG_KEY, openStage, SESSION, type Stage, THREAD } from './stages.js';

const HIDDEN: Expected = { status: 404, code: 'not_found' };

/** Live lists that a server serves. */
const MOST_VIEWERS = 20;
/** So much is traced in detail at a time. */
const MOST_DETAILS = 100;

/** Documented answers that no request of this test gets, by why. */
const UNSEEN: Readonly<Record<string, readonly string[]>> = {
  'a file of the package cannot be read': [
    ...['clientScript', 'openapi', 'demoPage', 'demoAsset', 'dashboardPage', 'dashboardAsset'],
  ].map((id) => `${id} 500 internal`),
  'nothing of it can fail but by a bug': [
    'demoFacts 500 internal',
    ...['findSessions', 'showSession', 'showThread', 'listRuns', 'listNodes'].map(
      (id) => `${id} 500 internal`,
    ),
    ...['traceSession', 'traceThread', 'traceUser', 'metrics'].map((id) => `${id} 500 internal`),
    ...['listDetail', 'beginDetail', 'endDetail'].map((id) => `${id} 500 internal`),
    ...['explainSession', 'explainThread', 'explainUser'].map((id) => `${id} 500 internal`),
    ...[
      'findThreads',
      'showLog',
      'listRecentRuns',
      'showHistory',
      'followLive',
      'listActions',
      'operate',
    ].map((id) => `${id} 500 internal`),
  ],
  'another test hides the package': ['metrics 501 peer_missing'],
  'another test fills the disk of the trace': ['sendReport 507 storage_full'],
};

/** A file of one of the pages. */
const ASSET = /^\/(demo|dashboard)\/[^:]/;

const routesOf = ({ routes }: Stage) =>
  routes.map(({ method, path }) => {
    const [, page] = ASSET.exec(path) ?? [];
    return `${method} ${page ? `/${page}/{asset}` : path.replace(/:(\w+)/g, '{$1}')}`;
  });

test('the file has the routes of the router, and no others', async (lab) => {
  const described = operationsOf(readDocument()).map(({ method, path }) => `${method} ${path}`);
  const { length } = described;
  expect(new Set(described).size).toBe(length);
  expect(described.sort()).toEqual([...new Set(routesOf(await openStage(lab)))].sort());
});

test('it is published with the package, and served with the base path of the routes', async (lab) => {
  const path = createRequire(import.meta.url).resolve('@session-monitor/http/openapi.json');
  const { servers: _, ...published } = JSON.parse(readFileSync(path, 'utf8'));
  for (const basePath of ['/', '/chat/api']) {
    const { url } = await openStage(lab, { handler: { basePath } });
    const at = `${url}${basePath === '/' ? '' : basePath}`;
    const { servers, ...served } = await (await fetch(`${at}/openapi.json`)).json();
    expect([servers, served]).toEqual([[{ url: basePath }], published]);
  }
});

test('each answer is as the file says, and each answer of the file is given', async (lab) => {
  const stage = await openStage(lab);
  const assets = stage.routes.filter(({ path }) => ASSET.test(path));
  const fileOf = (page: string) => assets.find(({ path }) => path.startsWith(page))?.path ?? '';
  const asking = new Asking({ demo: fileOf('/demo/'), dashboard: fileOf('/dashboard/') });
  for (const { path } of assets) await asking.get(stage.url, path);
  await grant(asking, stage);
  await refuse(asking, stage);
  await report(asking, stage, lab);
  await produceReplies(asking, stage);
  await guessKeys(asking, stage);
  await operate(asking, stage);
  await trace(asking, stage);
  await watch(asking, stage, lab);
  await fail(asking, stage, lab);
  await askElsewhere(asking, lab);
  await lookAtClients(asking, lab);
  expect(asking.recorder.problems).toEqual([]);
  expect(asking.recorder.unseen).toEqual(Object.values(UNSEEN).flat().sort());
}, 120_000);

/** What is granted, in each of its forms. */
async function grant(asking: Asking, stage: Stage): Promise<void> {
  const { url, release } = stage;
  await asking.each(stage, ({ status = 200 }) => ({ status }));
  release();
  const json = { accept: 'application/json' };
  await asking.get(url, `/threads/${THREAD}/events?limit=2`, OK, json);
  await asking.get(url, '/threads/none/events', OK, json);
  await asking.get(url, '/healthz', OK);
  for (const path of [
    '/session_monitor.js',
    '/openapi.json',
    '/',
    '/dashboard',
    ...Object.values(asking.assets),
  ]) {
    const etag = (await asking.get(url, path)).headers.get('etag');
    await asking.get(url, path, { status: 304 }, { 'if-none-match': etag });
  }
  const frames = { path: `/threads/${THREAD}/events?as=frames`, headers: RIGHT };
  await asking.recorder.ask(url, { method: 'GET', ...frames, until: 'thread_events' }, OK);
  const none = '/threads/none';
  await asking.get(url, none, { status: 404, code: 'thread_unknown' });
  await asking.get(url, `${none}/events?as=frames`, { status: 404, code: 'thread_unknown' });
  const patch = { method: 'PATCH', path: none, headers: RIGHT, body: { title: 'None' } };
  await asking.recorder.ask(url, patch, { status: 404, code: 'thread_unknown' });
  for (const path of ['/debug/sessions/none', '/debug/sessions/none/findings']) {
    await asking.get(url, path, { status: 404, code: 'session_unknown' });
  }
  await asking.get(url, '/debug/all-sessions', OK, { host: '127.0.0.1' });
}

/** What is wrong with the requests themselves. */
async function refuse(asking: Asking, { url }: Stage): Promise<void> {
  const cases = [
    ...[...asking.granted, cancelOf('none'), requestReportOf(SESSION)].flatMap(casesOf),
    ...LIMIT_CASES,
    ...DEBUG_LIMIT_CASES,
    ...DEBUG_THREAD_CASES,
  ];
  for (const { request, expected, isOdd } of cases) {
    const path = request.path.replace('KEY', DEBUG_KEY);
    await asking.recorder.ask(url, { ...request, path }, expected, isOdd);
  }
}

/** Reports of clients, and the requests for them. */
async function report(asking: Asking, { url }: Stage, lab: Lab): Promise<void> {
  const { recorder } = asking;
  const headers = { authorization: 'Bearer another-secret-of-it' };
  const body = { diagnostics: {} };
  const path = `/sessions/${SESSION}/report`;
  const unknown = { status: 401, code: 'unauthenticated' };
  await recorder.ask(url, { method: 'POST', path, headers, body }, unknown);
  const absent = { status: 404, code: 'session_unknown' };
  await recorder.ask(url, requestReportOf(SESSION).request, absent);
  const { receipts } = await lab.liveClient(url, { thread_id: 'reported', token: 'right' });
  const { request } = requestReportOf(`${receipts[0]?.session_id}`);
  await recorder.ask(url, request, { status: 202 });
  await recorder.ask(url, request, { status: 429, code: 'limit_reached' });
  const untraced = await openStage(lab, { sessions: { trace: false } });
  const isReport = ({ id }: Granted) => id === 'sendReport';
  const none = { status: 404, code: 'not_found' };
  await asking.each(untraced, (each) => isReport(each) && none);
}

/** Replies: waiting for each other, ended, gone. */
async function produceReplies(asking: Asking, stage: Stage): Promise<void> {
  const { url } = stage;
  const message = { thread_id: THREAD, user_input: 'What is a cursor?', message_id: 'whole' };
  const whole = await asking.post(url, '/havefun', message);
  expect(whole.text).toContain('run_finished');
  const run = `${whole.headers.get('x-run-id')}`;
  const other = { ...message, user_input: 'What is an epoch?' };
  await asking.post(url, '/havefun', other, { status: 422, code: 'message_id_reused' });
  const cancelPath = cancelOf(run).request.path;
  const finished = { status: 409, code: 'run_finished' };
  await asking.post(url, cancelPath, undefined, finished);
  const action = { action: 'cancel', thread_id: THREAD, run_id: run };
  await asking.post(url, '/debug/actions', action, finished);
  const unknown = cancelOf('none').request.path;
  await asking.post(url, unknown, undefined, { status: 404, code: 'run_unknown' });
  // The log loses its beginning.
  await stage.fragile.store.logs.trim(THREAD, { maxEvents: 2 }, 1_000);
  const gap = { method: 'GET', path: `/threads/${THREAD}/events`, headers: RIGHT, until: 'gap' };
  await asking.recorder.ask(url, gap, OK);
  const since = { ...gap, path: `${gap.path}?since=bygone.9.tag`, until: 'reset' };
  await asking.recorder.ask(url, since, OK);
  await asking.recorder.ask(url, { ...since, path: `${since.path}&as=frames` }, OK);
}

/** Wrong keys of `/debug`, in development. */
async function guessKeys(asking: Asking, { url }: Stage): Promise<void> {
  const path = '/debug/websocket-sessions?api_key=wrong';
  await asking.recorder.ask(url, { method: 'GET', path }, { status: 401, code: 'key_required' });
  await asking.until(url, { method: 'GET', path }, 'limit_reached', 429);
}

/** The other form of a trace, and more details than are traced at a time. */
async function trace(asking: Asking, { url }: Stage): Promise<void> {
  const subjects = [`sessions/${SESSION}`, `threads/${THREAD}`, 'users/alice'];
  for (const subject of subjects) {
    await asking.get(url, `/debug/${subject}/trace?format=ndjson&before=2026-01-31T14:32:00Z`);
  }
  const watch = (n: number, expected = OK) =>
    asking.post(url, '/debug/detail', { thread_id: `watched-${n}`, minutes: 1 }, expected);
  for (const n of range(1, MOST_DETAILS)) await watch(n);
  const tooMany = { status: 429, code: 'limit_reached' };
  await watch(MOST_DETAILS + 1, tooMany);
  const action = { action: 'detail', thread_id: 'one-too-many', minutes: 1 };
  await asking.post(url, '/debug/actions', action, tooMany);
}

/** What an operator does, and what there is not to do it to. */
async function operate(asking: Asking, { url }: Stage): Promise<void> {
  const act = (action: object, expected = OK) =>
    asking.post(url, '/debug/actions', action, expected);
  await act({ action: 'ping', session_id: SESSION });
  await act({ action: 'detail', thread_id: 'watched-1', minutes: 1 });
  await act({ action: 'expire', session_id: 'none' }, { status: 404, code: 'session_unknown' });
  const run = { action: 'cancel', thread_id: THREAD, run_id: 'none' };
  await act(run, { status: 404, code: 'run_unknown' });
}

/** More live lists than a server serves. */
async function watch(asking: Asking, { url }: Stage, lab: Lab): Promise<void> {
  const headers = { authorization: `Bearer ${DEBUG_KEY}` };
  for (const _ of range(1, MOST_VIEWERS)) await LiveViewer.open(lab, url, 'limit=0', headers);
  const refused = { status: 429, code: 'limit_reached' };
  await asking.get(url, '/debug/live', refused, headers);
}

/** The store is nearly full, away, or was broken from the start. */
async function fail(asking: Asking, stage: Stage, lab: Lab): Promise<void> {
  stage.fragile.condition = 'full';
  await asking.each(stage, ({ writes }) => writes && { status: 507, code: 'storage_full' });
  const unnamed = (request: ApiRequest): ApiRequest =>
    request.path === '/havefun'
      ? { ...request, body: { thread_id: THREAD, user_input: 'Again' } }
      : request;
  await asking.each(
    stage,
    ({ id }) => id === 'postMessage' && { status: 507, code: 'storage_full' },
    unnamed,
  );
  await asking.get(stage.url, '/healthz');
  stage.fragile.condition = 'away';
  await asking.each(stage, ({ away }) => away, unnamed);
  const cancel = cancelOf('none');
  const unavailable = { status: 503, code: 'unavailable' };
  await asking.recorder.ask(stage.url, cancel.request, unavailable);
  await asking.get(stage.url, '/debug/sessions/none/findings', unavailable);
  stage.fragile.condition = 'well';
  const broken = await openStage(lab, { condition: 'broken' });
  await asking.each(broken, (granted) => granted.broken);
  const failed = { status: 500, code: 'internal' };
  await asking.recorder.ask(broken.url, cancel.request, failed);
  await asking.recorder.ask(broken.url, requestReportOf(SESSION).request, failed);
}

/** Servers of other configurations, or about to stop. */
async function askElsewhere(asking: Asking, lab: Lab): Promise<void> {
  const strict = await openStage(lab, {
    sessions: {
      mode: 'production',
      settings: {
        limits: {
          registrationsPerSecond: 1,
          eventsPerSecond: 1,
          resumesPerMinute: 1,
          reportsPerMinute: 1,
        },
      },
    },
  });
  const isHidden = ({ asks }: Granted) => asks === 'debug' && HIDDEN;
  await asking.each(strict, isHidden, ({ headers: _, ...request }) => request);
  await asking.each(strict, ({ asks }) => asks === 'debug' && OK);
  await asking.get(strict.url, '/healthz', OK, { authorization: `Bearer ${DEBUG_KEY}` });
  for (const id of ['readEvents', 'postMessage', 'createThread', 'publishEvent', 'sendReport']) {
    const granted = asking.granted.find((each) => each.id === id);
    if (granted) await asking.until(strict.url, granted.request, 'limit_reached', 429);
  }

  const bare = await openStage(lab, {
    sessions: { responder: undefined as never },
    handler: { demo: false, dashboard: false, debug: {} },
  });
  await asking.each(
    bare,
    ({ id }) => /^(demo|dashboard|operate|listActions|showPayloads)/.test(id) && HIDDEN,
  );
  const isPost = ({ id }: Granted) => id === 'postMessage';
  await asking.each(bare, (each) => isPost(each) && { status: 404, code: 'no_responder' });

  const consumed = await openStage(lab, { isConsumed: true });
  const isConsumed = { status: 500, code: 'body_consumed' };
  await asking.each(consumed, ({ request }) => request.body !== undefined && isConsumed);

  const busy = await openStage(lab);
  const message = { thread_id: 'busy', user_input: 'Hello', use_websocket: true };
  const begun = await asking.post(busy.url, '/havefun', message, OK, 'Half');
  const isBusy = { status: 409, code: 'thread_busy' };
  await asking.post(busy.url, '/havefun', { ...message, policy: 'reject' }, isBusy);
  const cancel = `/threads/busy/runs/${begun.headers.get('x-run-id')}/cancel`;
  await asking.post(busy.url, cancel, undefined);
  await busy.sessions.drain(0);
  await asking.each(busy, (each) => isPost(each) && { status: 503, code: 'draining' });
  await asking.get(busy.url, '/readyz', { status: 503 });
}

/** Sessions of both protocols on connections: lists that are empty would show nothing of their entries. */
async function lookAtClients(asking: Asking, lab: Lab): Promise<void> {
  const watched = await openStage(lab, { sessions: { authorize: () => true } });
  const { url, sessions } = watched;
  const client = await lab.liveClient(url, { thread_id: THREAD, pingInterval: 50 });
  const old = await lab.registeredV1Client(url, THREAD);
  await sessions.sendMessage(THREAD, 'Half of it is enough.');
  await until('both have acknowledged something', async () => {
    const { text } = await asking.get(url, '/debug/sessions?state=active');
    return text.includes('"protocol":1,') && !text.includes('"acknowledged_age_ms":null');
  });
  const session_id = client.receipts[0]?.session_id;
  const wanted = [
    [`websocket-sessions`, 'connections'],
    ['all-sessions', 'sessions'],
    [`thread-sessions?thread_id=${THREAD}`, 'active_sessions'],
    [`sessions?q=${session_id}`, 'sessions'],
    [`threads/${THREAD}`, 'runs'],
    [`threads/${THREAD}/runs`, 'runs'],
    [`threads/${THREAD}/log`, 'events'],
    ['runs', 'runs'],
  ];
  for (const [path, list = ''] of wanted) {
    const headers = { authorization: `Bearer ${DEBUG_KEY}` };
    const { text } = await asking.get(url, `/debug/${path}`, OK, headers);
    expect(JSON.parse(text)[list].length, `the ${list} of ${path}`).toBeGreaterThan(0);
  }
  for (const name of [session_id, old.socket.id, SESSION]) {
    await asking.get(url, `/debug/sessions/${name}`);
  }
}
