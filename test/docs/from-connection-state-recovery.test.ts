/** docs/guides/from-connection-state-recovery.md: its files as they stand there, under the faults of its table. */

import { describe, expect, vi } from 'vitest';
import { test } from '../support/lab.js';
import { until } from '../support/until.js';
import { answerTo, LONG_QUESTION } from './support/asking.js';
import { addedLines } from './support/diff.js';
import { ExampleApp } from './support/example-app.js';
import { type ChatPage, THREAD } from './support/guide-chat.js';
import { BLOCKS, blocksUpTo, RecoveryChat } from './support/recovery-chat.js';

/** Each starts two to six programs and pages one after the other. */
vi.setConfig({ testTimeout: 90_000 });

/** The rows of the table "What changes": faults of a page that has one answer and misses another. */
const FAULTS: Record<string, (chat: RecoveryChat, page: ChatPage) => Promise<void>> = {
  async 'a short cut'(chat) {
    chat.cutOff();
    await chat.ask('Missed?');
    chat.letIn();
  },
  async 'a kill and a restart'(chat) {
    chat.cutOff();
    await chat.app.kill();
    await chat.run();
    await chat.ask('Missed?');
    chat.letIn();
  },
  async 'a reload'(chat, { page }) {
    await page.goto('about:blank');
    await chat.ask('Missed?');
    await page.goBack();
  },
};

const RECOVERY = 'connectionStateRecovery: {}';
/** This recovery is shorter than an answer. */
const shortRecovery = (server: string) =>
  server.replace(RECOVERY, RECOVERY.replace('{}', '{ maxDisconnectionDuration: 100 }'));

async function hearOne(chat: RecoveryChat): Promise<ChatPage> {
  const page = await chat.open();
  await chat.askUntilHeard(page, 'First?');
  return page;
}

describe('the app before', () => {
  test('survives a short cut', async (lab) => {
    const chat = await RecoveryChat.start(lab, 0);
    const page = await hearOne(chat);
    const before = await page.text();
    await FAULTS['a short cut']?.(chat, page);
    await page.shows(before + answerTo('Missed?'));
  });

  test('loses what comes during a cut that is longer than the recovery', async (lab) => {
    const chat = await RecoveryChat.start(lab, 0, shortRecovery);
    const page = await hearOne(chat);
    await FAULTS['a short cut']?.(chat, page);
    await chat.askUntilHeard(page, 'Later?');
    expect(await page.text()).not.toContain('Missed?');
  });

  test('loses what comes during a cut before the first event', async (lab) => {
    const chat = await RecoveryChat.start(lab, 0);
    const page = await chat.open();
    await until('connected', () => page.page.evaluate<boolean>('socket.connected'));
    await FAULTS['a short cut']?.(chat, page);
    await chat.askUntilHeard(page, 'Later?');
    expect(await page.text()).not.toContain('Missed?');
  });

  for (const fault of ['a kill and a restart', 'a reload']) {
    test(`loses what comes during ${fault}`, async (lab) => {
      const chat = await RecoveryChat.start(lab, 0);
      const page = await hearOne(chat);
      await FAULTS[fault]?.(chat, page);
      await chat.askUntilHeard(page, 'Later?');
      expect(await page.text()).not.toContain('Missed?');
    });
  }
});

describe('between the steps', () => {
  test('the server of step 1 serves pages from before and after, each word once', async (lab) => {
    const chat = await RecoveryChat.start(lab, 1);
    const old = await hearOne(chat);
    for (const block of blocksUpTo(2))
      if (block.file?.startsWith('public/')) await chat.app.add(block);
    const fresh = await chat.open();
    await fresh.shows(await chat.log());
    const [beforeOld, beforeFresh] = [await old.text(), await fresh.text()];
    await FAULTS['a short cut']?.(chat, old);
    await old.shows(beforeOld + answerTo('Missed?'));
    await fresh.shows(beforeFresh + answerTo('Missed?'));
  });

  test('the way back from step 3 is the server of step 1, and then that of before', async (lab) => {
    const chat = await RecoveryChat.start(lab, 3);
    const page = await hearOne(chat);
    const log = await chat.log();
    await chat.app.kill();
    for (const block of blocksUpTo(1)) if (block.file === 'server.js') await chat.app.add(block);
    await chat.run();
    await chat.ask('Missed?');
    await page.shows(log + answerTo('Missed?'));
    for (const block of blocksUpTo(0)) await chat.app.add(block);
    await chat.app.kill();
    await chat.run();
    await hearOne(chat);
  });
});

describe('the app after step 3', () => {
  for (const [fault, happens] of Object.entries(FAULTS)) {
    test(`loses nothing during ${fault}`, async (lab) => {
      const chat = await RecoveryChat.start(lab, 3);
      const page = await hearOne(chat);
      await happens(chat, page);
      await chat.ask('Later?');
      expect(await chat.log()).toMatch(/First.*Missed.*Later/);
      await page.shows(await chat.log());
    });
  }

  test('shows a second tab the conversation from its start', async (lab) => {
    const chat = await RecoveryChat.start(lab, 3);
    await hearOne(chat);
    await (await chat.open()).shows(await chat.log());
  });

  test('shows every word that was published before a kill in the middle of a reply', async (lab) => {
    const chat = await RecoveryChat.start(lab, 3);
    const page = await hearOne(chat);
    const before = await page.text();
    const asking = chat.ask(LONG_QUESTION).catch(() => {});
    await until(
      'some words are there',
      async () => (await page.text()).length > before.length + 10,
    );
    await chat.app.kill();
    await asking;
    await chat.run();
    const log = await chat.log();
    expect(log.length).toBeLessThan((before + answerTo(LONG_QUESTION)).length);
    await page.shows(log);
    await chat.ask('Later?');
    await page.shows(log + answerTo('Later?'));
  });

  test('announces events that are no longer kept', async (lab) => {
    const chat = await RecoveryChat.start(lab, 3, (server) =>
      server.replace(
        'authorize: () => true',
        '$&, settings: { retention: { maxEvents: 5 }, sweepIntervalMs: 20 }',
      ),
    );
    await hearOne(chat);
    const page = await until('the oldest are gone', async () => {
      const opened = await chat.open();
      await until('it shows something', async () => (await opened.text()) !== '');
      return (await opened.text()).includes('are no longer kept') && opened;
    });
    expect(await page.text()).toMatch(/^\[events 1 to \d+ are no longer kept\]/);
    await fetch(`${chat.app.url}/threads/${THREAD}`, { method: 'DELETE' });
    await page.shows('');
  });
});

describe('the app whose server owns the replies', () => {
  test('asks once, and ends a reply that a kill has cut off', async (lab) => {
    const chat = await RecoveryChat.start(lab, 4);
    const { page } = await chat.open();
    const runs = () => page.evaluate<{ state: string; question?: string }[]>('monitor.status.runs');
    await page.evaluate(`monitor.sendMessage(${JSON.stringify(LONG_QUESTION)})`);
    await until('some words are there', async () => ((await page.textContent('pre')) ?? '') !== '');
    await chat.app.kill();
    await chat.run();
    await until('it has ended', async () => (await runs()).at(-1)?.state === 'interrupted', {
      state: runs,
    });
    await page.evaluate(`monitor.sendMessage('Again?')`);
    await until('it is answered', async () =>
      ((await page.textContent('pre')) ?? '').endsWith(answerTo('Again?')),
    );
    expect(await page.textContent('pre')).toBe(await chat.log());
  });
});

test('authorize lets owners follow their thread, and no page publish', async (lab) => {
  const app = await ExampleApp.create(lab, []);
  const block = BLOCKS.find(({ file }) => file === 'authorize.js');
  const userOf = `const userOf = async (token) => token && { id: token, threads: ['mine'] };\n`;
  await app.write('authorize.js', userOf + block?.code);
  const { authorize } = await import(`${app.folder}/authorize.js`);
  const ask = (action: string, thread_id: string, token?: string) =>
    authorize({ action, thread_id, token });
  expect(await ask('register', 'mine', 'ann')).toEqual({ user_id: 'ann' });
  expect(await ask('register', 'other', 'ann')).toBe(false);
  expect(await ask('register', 'mine')).toBe(false);
  expect(await ask('publish', 'mine', 'ann')).toBe(false);
});

test('the migration takes as many new lines as the page says', () => {
  const added = (file: string) =>
    BLOCKS.filter((block) => block.file === file && /^Step/.test(block.section)).flatMap(
      ({ code }) => addedLines(code),
    );
  expect(added('server.js').length).toBe(9);
  expect(added('public/index.html').length).toBe(5);
});
