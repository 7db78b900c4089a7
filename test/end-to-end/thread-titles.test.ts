/** Titles and metadata of threads, as `PATCH /threads/:thread_id` sets them. */

import type { Authorize } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { test } from '../support/lab.js';
import { readRun } from '../support/run-reader.js';
import {
  FAST_RESPONDER,
  fetchJson,
  idsOf,
  listThreads,
  nextMillisecond,
  patchThread,
  questionTo,
} from '../support/thread-list.js';
import { until } from '../support/until.js';

const JSON_BODY = { 'content-type': 'application/json' };

describe('title and metadata', () => {
  test('are set, replaced and removed', async (lab) => {
    const app = await lab.app({ responder: FAST_RESPONDER });
    await readRun(app.url, questionTo('t'));
    const [before] = await listThreads(app.url);
    const metadata = { folder: 'Work', pinned: true, tags: ['ü', { deep: [null] }] };
    await nextMillisecond();
    const named = await patchThread(app.url, 't', { title: 'Cursors', metadata });
    expect(named).toEqual({ status: 200, body: { ...before, title: 'Cursors', metadata } });
    const kept = await patchThread(app.url, 't', { title: null });
    expect(kept.body).toEqual({ ...before, title: null, metadata });
    // The next question does not set a removed title.
    await readRun(app.url, questionTo('t', 'another'));
    const emptied = await patchThread(app.url, 't', { metadata: {} });
    expect(emptied.body).toMatchObject({ title: null, metadata: {} });
    expect(await listThreads(app.url)).toEqual([emptied.body]);
    const longest = 'ü'.repeat(256);
    const full = { data: 'x'.repeat(4_096 - '{"data":""}'.length) };
    const limits = await patchThread(app.url, 't', { title: longest, metadata: full });
    expect(limits.body).toMatchObject({ title: longest, metadata: full });
  });

  test.for([
    [{ title: 't'.repeat(257) }, 400, 'bad_request', 'title', /1 to 256 characters, got a string/],
    [{ title: 't'.repeat(1024 * 1024) }, 413, 'too_large', undefined, /larger than 30208 bytes/],
    [{ title: '' }, 400, 'bad_request', 'title', /got an empty string/],
    [{ title: 7 }, 400, 'bad_request', 'title', /got a number/],
    [{ title: ['a'] }, 400, 'bad_request', 'title', /got an array/],
    [{ metadata: { a: 'ü'.repeat(2_045) } }, 413, 'too_large', 'metadata', /has 4098 bytes/],
    [{ metadata: [1] }, 400, 'bad_request', 'metadata', /a JSON object.*got an array/],
    [{ metadata: 'text' }, 400, 'bad_request', 'metadata', /a JSON object.*got a string/],
    [{ metadata: null }, 400, 'bad_request', 'metadata', /a JSON object.*got null/],
    [{ title: 'good', metadata: 1 }, 400, 'bad_request', 'metadata', /got a number/],
    [{}, 400, 'bad_request', undefined, /nothing to change/],
    [{ user_id: 'me' }, 400, 'bad_request', undefined, /nothing to change/],
    [['a'], 400, 'bad_request', undefined, /not a valid JSON object/],
  ] as const)('refuse bad input %#: %o', async ([body, status, code, field, message], lab) => {
    const app = await lab.app();
    await app.sessions.publish('t', 'note', 1, { user_id: 'ann' });
    const [before] = await listThreads(app.url);
    const answer = await patchThread(app.url, 't', body);
    expect(answer.status).toBe(status);
    const { error } = answer.body;
    expect([error?.code, error?.field]).toEqual([code, field]);
    expect(error?.message).toMatch(message);
    expect(await listThreads(app.url)).toEqual([before]);
  });

  test('need a thread that has events', async (lab) => {
    const app = await lab.app();
    const reader = lab.client(app.url, { thread_id: 'empty' });
    await until('it is open', () => reader.receipts.length === 1);
    for (const thread of ['never', 'empty']) {
      const patched = await patchThread(app.url, thread, { title: 'A' });
      const read = await fetchJson(`${app.url}/threads/${thread}`);
      for (const { status, body } of [patched, read]) {
        expect([status, body.error?.code]).toEqual([404, 'thread_unknown']);
      }
    }
    const bad = await patchThread(app.url, 'a%20b', { title: 'A' });
    expect([bad.status, bad.body.error?.code]).toEqual([400, 'bad_thread_id']);
    expect(await listThreads(app.url)).toEqual([]);
    // A plain publish of a program enters nothing; a change does.
    await app.sessions.publish('empty', 'note', 1);
    expect(await listThreads(app.url)).toEqual([]);
    expect((await patchThread(app.url, 'empty', { title: 'A' })).status).toBe(200);
    expect(idsOf(await listThreads(app.url))).toEqual(['empty']);
  });

  test('need the permission of authorize, and an allowed origin', async (lab) => {
    const asked: unknown[] = [];
    const authorize: Authorize = ({ action, thread_id, token }) => {
      asked.push([action, thread_id]);
      return token === 'writer' || (token === 'reader' && action === 'read');
    };
    const app = await lab.app({ authorize });
    await app.sessions.publish('t', 'note', 1, { user_id: 'ann' });
    const read = (token: string) => fetchJson(`${app.url}/threads/t`, { token });
    expect((await patchThread(app.url, 't', { title: 'A' }, 'reader')).status).toBe(403);
    expect((await read('stranger')).status).toBe(403);
    expect((await patchThread(app.url, 't', { title: 'A' }, 'writer')).status).toBe(200);
    expect((await read('reader')).body.title).toBe('A');
    expect(asked).toEqual(['update', 'read', 'update', 'read'].map((action) => [action, 't']));
    const patch = { method: 'PATCH', token: 'writer', body: '{"title":"B"}' };
    const withHeaders = (headers: Record<string, string>) =>
      fetchJson(`${app.url}/threads/t`, { ...patch, headers });
    const foreign = await withHeaders({ ...JSON_BODY, origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    const form = await withHeaders({ 'content-type': 'text/plain' });
    expect([form.status, form.body.error?.code]).toEqual([415, 'unsupported_media_type']);
    expect((await read('reader')).body.title).toBe('A');
  });
});
