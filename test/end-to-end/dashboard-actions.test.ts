/** What an operator does from the dashboard: off by default, confirmed, authorised, and named in the trace. */

import { createHandler } from '@session-monitor/http';
import type { Authorize } from '@session-monitor/server';
import { expect } from 'vitest';
import { violationsOn } from '../support/accessibility.js';
import { attach } from '../support/attached.js';
import { DashboardDriver } from '../support/dashboard-page.js';
import { readDebug } from '../support/debug-views.js';
import { heldResponder } from '../support/held-responder.js';
import { jsonPost, refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { newSession } from '../support/records.js';
import { until } from '../support/until.js';

const KEY = 'a-long-key-of-this-test-alone';
const THREAD = 'alice:chat';

/** Only the token of the operator may administer. */
const authorize: Authorize = ({ action, token }) => {
  if (action === 'list') return { all: true };
  if (action !== 'administer') return true;
  if (token === undefined) return { denied: 'unauthenticated' };
  if (token === 'reader') return { user_id: 'rita', admin: true, payloads: true };
  return token === 'operator' && { user_id: 'olga', admin: true };
};

/** A server in production with the key and the actions, and a follower of a thread. */
async function stage(lab: Lab) {
  const { responder, release } = heldResponder();
  const { http, sessions, url } = await attach(lab, { mode: 'production', authorize, responder });
  lab.defer(release);
  http.on(
    'request',
    createHandler(sessions, {
      dashboard: { actions: true },
      debug: { key: KEY, payloads: true },
    }),
  );
  const client = await lab.liveClient(url, {
    thread_id: THREAD,
    transport: 'websocket',
    diagnostics: 'on-request',
  });
  const id = `${client.receipts[0]?.session_id}`;
  const act = (action: object, headers: Readonly<Record<string, string>> = {}) =>
    fetch(
      `${url}/debug/actions`,
      jsonPost(action, { authorization: 'Bearer operator', ...headers }),
    );
  return { url, sessions, client, id, act };
}

type Line = Readonly<Record<string, unknown>>;

const operatedIn = async (url: string, path: string): Promise<readonly Line[]> => {
  const headers = { authorization: `Bearer ${KEY}` };
  const { lines } = await readDebug<{ readonly lines: readonly Line[] }>(url, path, headers);
  return lines.filter(({ step }) => step === 'operated');
};

test('each action does what it says, and the trace has the operator', async (lab) => {
  const { url, sessions, client, id, act } = await stage(lab);
  const done = { done: true, unreachable: [] };
  const pings: unknown[] = [];
  client.socket.on('system_ping', (ping) => pings.push(ping));
  expect(await (await act({ action: 'ping', session_id: id })).json()).toEqual(done);
  await until('it was asked', () => pings.length === 1);

  expect(await (await act({ action: 'disconnect', session_id: id })).json()).toEqual(done);
  await until('it has come back', () => client.receipts.length === 2);
  expect(client.receipts[1]).toMatchObject({ session_id: id, outcome: 'resumed' });

  const run = await sessions.sendMessage(THREAD, 'Hello');
  const cancel = { action: 'cancel', thread_id: THREAD, run_id: run.run_id };
  expect(await (await act(cancel)).json()).toEqual(done);
  expect((await run.result()).status).toBe('cancelled');
  expect(await refusalOf(await act(cancel))).toEqual([409, 'run_finished']);

  const ended: unknown[] = [];
  client.socket.on('session_expired', (notice) => ended.push(notice));
  expect(await (await act({ action: 'expire', session_id: id })).json()).toEqual(done);
  await until('its client learns why', () => ended.length === 1);
  expect(ended[0]).toMatchObject({ session_id: id, reason: 'operator' });
  const operated = await operatedIn(url, `sessions/${id}/trace`);
  expect(operated.map(({ action, by }) => [action, by])).toEqual([
    ['ping', 'olga'],
    ['disconnect', 'olga'],
    // Of a reply on its thread.
    ['cancel', 'olga'],
    ['expire', 'olga'],
  ]);

  expect(await (await act({ action: 'erase', thread_id: THREAD })).json()).toEqual(done);
  await until('its followers are reset', () => client.resets.length > 0);
  // What operators did stays when the thread goes.
  expect(await operatedIn(url, `threads/${THREAD}/trace`)).toMatchObject([
    { action: 'cancel', by: 'olga' },
    { action: 'erase', by: 'olga', address: '127.0.0.1' },
  ]);
});

test('a session without a connection expires, too, and has nothing to ping', async (lab) => {
  const { sessions, act } = await stage(lab);
  const away = newSession('away-000000000000', {
    state: 'disconnected',
    due_at: Date.now() + 600_000,
    position: 'epoch.3.tag',
  });
  const { store } = sessions.internals;
  await store.sessions.put(away, undefined);
  const session_id = away.session_id;
  expect(await (await act({ action: 'ping', session_id })).json()).toEqual({
    done: false,
    unreachable: [],
  });
  expect((await act({ action: 'expire', session_id })).status).toBe(200);
  expect(await store.sessions.get(session_id)).toMatchObject({
    state: 'expired',
    expiry: { reason: 'operator' },
  });
  expect(await refusalOf(await act({ action: 'expire', session_id }))).toEqual([
    404,
    'session_unknown',
  ]);
});

test('without the right, from a page elsewhere, as a form or as anything else nothing happens', async (lab) => {
  const { url, client, id, act } = await stage(lab);
  const action = { action: 'disconnect', session_id: id };
  const refusals: readonly (readonly [headers: Record<string, string>, refusal: unknown[]])[] = [
    [{ authorization: 'Bearer other' }, [403, 'authorisation']],
    [{ authorization: '' }, [401, 'unauthenticated']],
    // The key opens what can be looked at.
    [{ authorization: `Bearer ${KEY}` }, [403, 'authorisation']],
    [{ origin: 'https://evil.example' }, [403, 'authorisation']],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, [415, 'unsupported_media_type']],
    [{ 'content-type': 'text/plain' }, [415, 'unsupported_media_type']],
  ];
  for (const [headers, refusal] of refusals) {
    expect([headers, await refusalOf(await act(action, headers))]).toEqual([headers, refusal]);
  }
  for (const bad of [
    {},
    { action: 'restart' },
    { action: 'erase' },
    { action: 'ping', session_id: '' },
  ]) {
    expect((await act(bad)).status).toBe(400);
  }
  expect((await fetch(`${url}/debug/actions?action=ping&session_id=${id}`)).status).toBe(404);
  expect(client.receipts.length).toBe(1);
});

test('a page of a listed origin may follow threads, and may not act', async (lab) => {
  const origin = 'https://chat.example';
  const { http, sessions, url } = await attach(lab, { authorize, origins: [origin] });
  http.on('request', createHandler(sessions, { dashboard: { actions: true } }));
  const headers = { origin, authorization: 'Bearer operator' };
  const refused = await fetch(
    `${url}/debug/actions`,
    jsonPost({ action: 'erase', thread_id: 't' }, headers),
  );
  expect(await refusalOf(refused)).toEqual([403, 'authorisation']);
  expect((await fetch(`${url}/threads`, { headers })).status).toBe(200);
});

test('a server that was not configured so has no actions', async (lab) => {
  const app = await lab.app();
  const post = await fetch(
    `${app.url}/debug/actions`,
    jsonPost({ action: 'ping', session_id: 's' }),
  );
  expect([post.status, (await fetch(`${app.url}/debug/actions`)).status]).toEqual([404, 404]);
  const client = await lab.liveClient(app.url, { thread_id: 't', transport: 'websocket' });
  const board = await DashboardDriver.open(
    lab,
    app.url,
    `#/sessions/${client.receipts[0]?.session_id}`,
  );
  await board.shows('.facts', /Thread/);
  expect(await board.texts('.page-actions button')).toEqual(['Export']);
});

test('the page asks before it acts, and for the token of an operator', async (lab) => {
  const { url, client, id } = await stage(lab);
  const board = await DashboardDriver.open(lab, url, `#/sessions/${id}`);
  const { page } = board;
  await page.fill('input[type="password"]', KEY);
  await page.keyboard.press('Enter');
  await page.click('.page-actions >> text=Disconnect');
  await board.shows('dialog', /Its connection ends\. The client comes back/);
  expect(await violationsOn(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await board.waits('nothing is asked', async () => (await page.$$('dialog')).length === 0);
  expect(client.receipts.length).toBe(1);

  await page.click('.page-actions >> text=Disconnect');
  await page.click('dialog >> button >> text=Disconnect');
  await page.fill('text=Token of an operator', 'operator');
  await page.click('text=Use it');
  await board.shows('dialog', /Disconnected\./);
  await until('it has come back', () => client.receipts.length === 2);
  await page.click('dialog >> text=Close');
  await board.shows('.steps', /An operator did disconnect: olga/);

  await page.click('.page-actions >> text=Ask for a report');
  await board.shows('dialog', /no token, and no text of the conversation/);
  await page.click('dialog >> button >> text=Ask for a report');
  await board.shows('dialog', /Asked\. If its app allows it/);
  await page.click('dialog >> text=Close');
  await board.shows('.report', /Sent when it was asked, received by/);
  await page.click('text=What it knows of itself');
  await board.shows('.report', /"state": "live"/);

  await board.page.click(`.facts >> text=${THREAD}`);
  await page.click('.page-actions >> text=Erase');
  await board.shows('dialog', /erased for good/);
  await page.click('dialog >> button >> text=Erase');
  await board.shows('dialog', /Erased\./);
  await until('its follower is reset', () => client.resets.length === 1);
  expect(board.errors).toEqual([]);
});

test('what users have written is shown to operators with a permission for it, and to no others', async (lab) => {
  const { url, sessions } = await stage(lab);
  await sessions.publish(THREAD, 'note', { text: 'a secret' });
  const read = (token: string) =>
    fetch(`${url}/debug/threads/${THREAD}/payloads?from=1&limit=5`, {
      headers: { authorization: `Bearer ${token}` },
    });
  // Neither the key nor the right to act.
  expect(await refusalOf(await read(KEY))).toEqual([403, 'authorisation']);
  expect(await refusalOf(await read('operator'))).toEqual([403, 'authorisation']);
  const { events } = (await (await read('reader')).json()) as {
    readonly events: readonly object[];
  };
  expect(events).toMatchObject([{ offset: 1, event: 'note', data: { text: 'a secret' } }]);
  expect(await operatedIn(url, `threads/${THREAD}/trace`)).toMatchObject([
    { action: 'payloads', by: 'rita' },
  ]);

  const board = await DashboardDriver.open(lab, url, `#/threads/${encodeURIComponent(THREAD)}`);
  const { page } = board;
  await page.fill('input[type="password"]', KEY);
  await page.keyboard.press('Enter');
  await board.shows('.log', /note/);
  expect(await board.text('body')).not.toContain('a secret');
  await page.click('text=Show what was written');
  await page.fill('text=Token of an operator', 'reader');
  await page.click('text=Use it');
  await board.shows('.written', /a secret/);
  expect(await violationsOn(page)).toEqual([]);
  await page.click('text=Hide what was written');
  expect(await board.text('body')).not.toContain('a secret');
  expect(board.errors).toEqual([]);
});

test('a session is reached on whichever server carries it', async (lab) => {
  const { nodes } = await lab.nodes(2);
  const [first, second] = nodes;
  const client = await lab.liveClient(first.url, { thread_id: 't', transport: 'websocket' });
  const action = { action: 'disconnect', session_id: client.receipts[0]?.session_id };
  await until('it is reached from the other one', async () => {
    const answer = await fetch(`${second.url}/debug/actions`, jsonPost(action));
    return answer.status === 200 && ((await answer.json()) as { done: boolean }).done;
  });
  await until('it has come back', () => client.receipts.length > 1);
});
