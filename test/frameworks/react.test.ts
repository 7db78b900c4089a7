/** The React hooks in a real Chromium, in StrictMode. */

import { createDemoResponder } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { heldResponder } from '../support/held-responder.js';
import { type Lab, test } from '../support/lab.js';
import { until } from '../support/until.js';
import { builtOnce } from './built-page.js';
import { STAGE_PROJECT, StagePage } from './stage-page.js';
import { ask, hasEnded, readLog, textOf } from './thread-log.js';

const open = builtOnce(STAGE_PROJECT, 'development');

async function setUp(lab: Lab, config: Parameters<Lab['app']>[0] = {}) {
  const responder = createDemoResponder({ partsPerSecond: 2_000, words: 20, exact: true });
  const app = await lab.app({ responder, ...config });
  const stage = new StagePage(await open(lab, app.url));
  const inLog = async (thread_id: string) => textOf(await readLog(app.url, thread_id));
  const head = async (thread_id: string) => (await readLog(app.url, thread_id)).at(-1)?.offset ?? 0;
  return { app, stage, inLog, head };
}

describe('the React hooks', () => {
  test('in StrictMode follow a thread once, and deliver each event once', async (lab) => {
    const { app, stage, inLog, head } = await setUp(lab);
    await app.sessions.publish('t', 'note', { n: 1 });
    await stage.show('t');
    await stage.isLive();
    await ask(app.url, 't', 'Why, in 20 words?');
    await stage.hasCompleted();
    expect(await stage.replies()).toEqual([{ state: 'completed', text: await inLog('t') }]);
    expect(Number(await stage.attribute('data-events'))).toBe(await head('t'));
    expect(app.sessions.stats()).toMatchObject({ connections: 1, sessions: 1 });
    expect(stage.errors).toEqual([]);
  });

  test('draw a fast reply at most once for each frame', async (lab) => {
    const { app, stage, inLog, head } = await setUp(lab);
    await stage.show('t');
    await stage.isLive();
    const before = await stage.facts();
    await ask(app.url, 't', 'Why, in 1000 words?');
    await stage.hasCompleted();
    const after = await stage.facts();
    const commits = after.commits.slice(before.commits.length);
    const frames = after.frames - before.frames;
    expect(commits).toEqual([...new Set(commits)]);
    expect(commits.length).toBeLessThanOrEqual(frames);
    expect(commits.length).toBeLessThan(await head('t'));
    expect((await stage.replies())[0]?.text).toBe(await inLog('t'));
  });

  test('keep their monitor though options are written inline, and call the newest of them', async (lab) => {
    const tokens: unknown[] = [];
    const { app, stage } = await setUp(lab, {
      authorize: ({ token }) => {
        tokens.push(token);
        return true;
      },
    });
    await stage.show('t');
    await stage.isLive();
    const { monitors } = await stage.facts();
    for (const version of [1, 2, 3]) await stage.show('t', version);
    expect(new Set(tokens)).toEqual(new Set(['token 0']));
    await stage.cut();
    await until('registered again', () => tokens.at(-1) === 'token 3');
    await stage.isLive();
    expect((await stage.facts()).monitors).toBe(monitors);
    expect(app.sessions.stats()).toMatchObject({ connections: 1, sessions: 1 });
  });

  test('follow another thread when it is passed in, and show nothing of the first', async (lab) => {
    const { app, stage, inLog } = await setUp(lab);
    for (const thread of ['t', 'u']) {
      await ask(app.url, thread, `What of ${thread}, in 10 words?`);
      await until('answered', async () => hasEnded(await readLog(app.url, thread)));
    }
    await stage.show('t');
    await stage.hasCompleted();
    for (const thread of ['u', 't']) {
      await stage.show(thread);
      await stage.has(`ol[data-thread="${thread}"]`);
      await stage.hasCompleted();
      expect(await stage.replies()).toEqual([{ state: 'completed', text: await inLog(thread) }]);
      await until('the other is left', () => app.sessions.stats().threads === 1);
    }
  });

  test('leave nothing on the socket when the component goes, and go on when it is back', async (lab) => {
    const { responder, release } = heldResponder();
    const { app, stage } = await setUp(lab, { responder });
    lab.defer(release);
    await ask(app.url, 't', 'Why?');
    await stage.connect();
    const before = await stage.listeners();
    await stage.show('t');
    const half = { state: 'running', text: 'Half a reply' };
    await expect.poll(() => stage.replies()).toEqual([half]);
    expect(await stage.listeners()).not.toEqual(before);
    await stage.unmount();
    expect(await stage.listeners()).toEqual(before);
    expect((await stage.facts()).connected).toBe(true);
    await until('the session has left', () => app.sessions.stats().threads === 0);
    release();
    await stage.show('t');
    const whole = { state: 'completed', text: 'Half a reply and the rest.' };
    await expect.poll(() => stage.replies()).toEqual([whole]);
    expect(stage.errors).toEqual([]);
  });

  test('hydrate HTML that a server has rendered', async (lab) => {
    const { app, stage, inLog } = await setUp(lab);
    await ask(app.url, 't', 'Why, in 10 words?');
    expect(await stage.hydrate('t')).toBe('<ol data-state="idle" data-events="0"></ol>');
    await stage.hasCompleted();
    expect(await stage.replies()).toEqual([{ state: 'completed', text: await inLog('t') }]);
    expect((await stage.facts()).problems).toEqual([]);
    expect(stage.errors).toEqual([]);
  });
});
