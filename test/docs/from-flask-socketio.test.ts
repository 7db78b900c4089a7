/** docs/guides/from-flask-socketio.md: its files as they stand there, run by Debian's Python. */

import { describe, expect, vi } from 'vitest';
import { jsonPost } from '../support/json.js';
import { test } from '../support/lab.js';
import { until } from '../support/until.js';
import { answerTo, LONG_QUESTION } from './support/asking.js';
import { FlaskChat } from './support/flask-chat.js';
import { THREAD } from './support/guide-chat.js';

/** Each starts two to six programs and pages one after the other. */
vi.setConfig({ testTimeout: 90_000 });

describe('the app before', () => {
  test('loses what comes during a cut', async (lab) => {
    const chat = await FlaskChat.start(lab, 0);
    const page = await chat.open();
    await chat.askUntilHeard(page, 'First?');
    chat.cutOff();
    await chat.ask('Missed?');
    chat.letIn();
    await chat.askUntilHeard(page, 'Later?');
    expect(await page.text()).not.toContain('Missed?');
  });
});

describe('after step 1', () => {
  /** Shows the test which clients the backend counts as connected, and detects a dead connection soon. */
  const watched = (program: string): string =>
    program
      .replace('ping_interval=5, ping_timeout=5', 'ping_interval=0.5, ping_timeout=1')
      .replace(
        '\nif __name__',
        '\n@app.get("/members")\ndef count():\n    return str(sum(map(len, members.values())))\n\n$&',
      );

  test('the page receives what was sent while it was away, and begins empty after a reload', async (lab) => {
    const chat = await FlaskChat.start(lab, 1, watched);
    const page = await chat.open();
    await page.isLive();
    await chat.askUntilHeard(page, 'First?');
    expect(await page.status()).toMatchObject({ protocol: 1, exactly_once: false });
    const before = await page.text();
    chat.cutOff();
    await until('the backend has noticed', async () => {
      const response = await fetch(`${chat.app.url}/members`);
      return (await response.text()) === '0';
    });
    await chat.ask('Missed?');
    chat.letIn();
    await page.shows(before + answerTo('Missed?'));
    await page.page.reload();
    await page.isLive();
    await chat.askUntilHeard(page, 'Later?');
    expect(await page.text()).not.toContain('First?');
  });
});

describe('after steps 2 and 3', () => {
  test('pages from before and after get each word once, and a page may go back', async (lab) => {
    const chat = await FlaskChat.start(lab, 2);
    const old = await chat.open();
    await chat.askUntilHeard(old, 'First?');
    await chat.take(3);
    const fresh = await chat.open();
    await fresh.shows(await chat.history());
    expect(await fresh.status()).toMatchObject({ protocol: 2, exactly_once: true });
    const [beforeOld, beforeFresh] = [await old.text(), await fresh.text()];
    await chat.ask('Both?');
    await old.shows(beforeOld + answerTo('Both?'));
    await fresh.shows(beforeFresh + answerTo('Both?'));

    await chat.app.edit('static/index.html', (page) => page.replace(/io\('.*'\)/, 'io()'));
    await fresh.page.reload();
    await until('it is registered again', async () => (await fresh.status()).protocol === 1);
    await chat.askUntilHeard(fresh, 'Back?');
  });
});

describe('after step 4', () => {
  test('a reply goes on over a kill of the session server, each word once', async (lab) => {
    const chat = await FlaskChat.start(lab, 4);
    const page = await chat.open();
    await chat.ask('First?');
    const asking = chat.ask('Second?');
    const half = answerTo('First?').length + 20;
    await until('some words are there', async () => (await page.text()).length > half);
    await chat.killSessions();
    await chat.runSessions();
    await asking;
    await page.shows(answerTo('First?') + answerTo('Second?'));
    expect(await chat.history()).toBe(await page.text());
    await page.page.reload();
    await page.shows(await chat.history());
    const second = await chat.open();
    await second.shows(await chat.history());
  });

  test('what Flask had published before it was killed stays', async (lab) => {
    const chat = await FlaskChat.start(lab, 4);
    const page = await chat.open();
    const asking = chat.ask(LONG_QUESTION).catch(() => {});
    await until('some words are there', async () => (await page.text()).length > 20);
    await chat.app.kill();
    await asking;
    await chat.run();
    const published = await chat.history();
    expect(published.length).toBeLessThan(answerTo(LONG_QUESTION).length);
    await chat.ask('Again?');
    await page.shows(published + answerTo('Again?'));
  });

  test('only the backend publishes or reads over HTTP', async (lab) => {
    const chat = await FlaskChat.start(lab, 4);
    for (const method of ['GET', 'POST'] as const) {
      const response = await fetch(`${chat.sessionsUrl}/threads/${THREAD}/events`, {
        ...(method === 'POST' && jsonPost({ event: 'message', data: {} })),
      });
      expect(response.status).toBe(403);
      await response.body?.cancel();
    }
  });
});
