/** The thread as state for user interfaces, over real sockets. */

import { threadView } from '@session-monitor/client';
import { createDemoResponder, createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import type { TestClientOptions } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';
import { ask, hasEnded, readLog, textOf } from './thread-log.js';

/** A view that was created before the monitor's start, and every state that it has reported. */
function follow(lab: Lab, url: string, options: TestClientOptions = {}) {
  const client = lab.client(url, { thread_id: 't', idle: true, ...options });
  const view = threadView(client.monitor);
  const unsubscribe = view.subscribe(() => {});
  lab.defer(unsubscribe);
  client.monitor.start();
  const texts = () => view.getSnapshot().replies.map(({ text }) => text);
  const isComplete = () => {
    const { replies, status } = view.getSnapshot();
    return replies.at(-1)?.state === 'completed' && status.offset === status.head;
  };
  return { ...client, view, texts, isComplete };
}

async function answer(app: TestApp, thread_id: string, question: string): Promise<string> {
  await ask(app.url, thread_id, question);
  await until('answered', async () => hasEnded(await readLog(app.url, thread_id)));
  return textOf(await readLog(app.url, thread_id));
}

const fast = createDemoResponder({ partsPerSecond: 2_000, words: 60, exact: true });

describe('the view of a thread', () => {
  test('is the same for a present, a disconnected and a late reader', async (lab) => {
    const { app, proxy } = await lab.proxiedApp({ responder: fast });
    const present = follow(lab, app.url);
    const cutOff = follow(lab, proxy.url);
    await ask(app.url, 't', 'Why, in 600 words?');
    for (const goal of [100, 200, 300]) {
      await until(`event ${goal}`, () => cutOff.view.getSnapshot().status.offset >= goal);
      proxy.cut();
    }
    await until('over', async () => hasEnded(await readLog(app.url, 't')));
    await until('both have it', () => present.isComplete() && cutOff.isComplete());
    // The server counts a run until it is compacted. A later reader gets its words in one event.
    await until('over', () => app.sessions.stats().runs === 0);
    const late = follow(lab, app.url);
    await until('late has it', late.isComplete);
    const text = textOf(await readLog(app.url, 't'));
    for (const { texts } of [present, cutOff, late]) expect(texts()).toEqual([text]);
    expect(cutOff.view.getSnapshot().replies).toEqual(present.view.getSnapshot().replies);
    expect(cutOff.view.getSnapshot().status.reconnects).toBeGreaterThan(0);
  });

  test('goes on where it was when the monitor is stopped and started again', async (lab) => {
    const { app, release } = await lab.heldApp();
    const { monitor, view, texts, isComplete } = follow(lab, app.url);
    await ask(app.url, 't', 'Why?');
    await until('half', () => texts()[0] === 'Half a reply');
    const before = view.getSnapshot().replies[0];
    monitor.stop();
    release();
    await until('over', async () => hasEnded(await readLog(app.url, 't')));
    expect(view.getSnapshot().replies[0]).toBe(before);
    monitor.start();
    await until('all of it', isComplete);
    expect(texts()).toEqual(['Half a reply and the rest.']);
  });

  test('shows only the thread that is followed', async (lab) => {
    const app = await lab.app({ responder: fast });
    const text = { t: await answer(app, 't', 'Of t?'), u: await answer(app, 'u', 'Of u?') };
    const { monitor, view, texts, isComplete } = follow(lab, app.url);
    await until('t', isComplete);
    for (const thread of ['u', 't'] as const) {
      monitor.start(thread);
      await until(thread, () => view.getSnapshot().status.thread_id === thread && isComplete());
      expect(texts()).toEqual([text[thread]]);
    }
  });

  test('shows a gap, and is empty when the thread was erased', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store, responder: fast, settings: { retention: {} } });
    await answer(app, 't', 'Why?');
    await store.logs.trim('t', { maxEvents: 10 }, 1_000);
    const { view, isComplete } = follow(lab, app.url);
    await until('the rest', isComplete);
    const { gaps, replies, events } = view.getSnapshot();
    expect(gaps).toMatchObject([{ from: 1, reason: 'trimmed' }]);
    expect(events[0]?.offset).toBe((gaps[0]?.to ?? 0) + 1);
    expect(replies).toMatchObject([{ message: null, whole: false, state: 'completed' }]);

    expect((await fetch(`${app.url}/threads/t`, { method: 'DELETE' })).status).toBe(204);
    await until('erased', () => view.getSnapshot().status.resets === 1);
    expect(view.getSnapshot()).toMatchObject({ events: [], replies: [], gaps: [] });
  });
});
