/**
 * What does an open dashboard cost, and how soon does it answer? One in Chromium looks at the sessions of a server that ping every
 * 15 seconds, while replies are produced, in every second of equal spans of time; then it is clicked, searched and scrolled.
 */

import { readFileSync } from 'node:fs';
import { pause } from '../test/support/until.js';
import type { BenchRequest, Mode } from './support/question.js';
import { names, onStage, type Stage } from './support/stage.js';
import { quantile } from './support/statistics.js';
import { WatchedPage } from './support/watched-page.js';

/** A client's default. */
const PING_EVERY_MS = 15_000;
const WORDS_PER_SECOND = 2;
/** Of the files that a process may have open: a server that has more connections makes room. */
const SHARE_OF_FILES = 0.8;
const THREAD_PREFIX = 'stored';
/** How the last thread in their order begins. */
const LAST = 'thread-9';
/** How the first one begins: that of a session in the store, if there are any, else of one on a socket. */
const FIRST = { stored: 'away', onSocket: 'thread-0' } as const;
/** How often each answer is measured; the median counts. */
const TURNS = 5;

interface Size {
  readonly sessions: number;
  readonly replies: number;
  readonly threads: number;
  /** Of each span, without the dashboard and with it. */
  readonly spanMs: number;
  readonly spans: number;
}

const LONG: Size = { sessions: 20_000, replies: 500, threads: 100_000, spanMs: 60_000, spans: 5 };
const SHORT: Size = { sessions: 1_000, replies: 50, threads: 2_000, spanMs: 4_000, spans: 2 };

const nameOf = ({ sessions, replies, threads }: Size): string =>
  [`${sessions} sessions`, `${replies} running replies`, `${threads} threads`].join(', ');
const sizeFor = ({ short }: Mode): Size => (short ? SHORT : LONG);

export const dashboard: BenchRequest = {
  name: 'dashboard',
  title: 'An open dashboard: its cost, and its answers',
  peers: () => ['ours'],
  cases: (mode) => [nameOf(sizeFor(mode))],
  rounds: () => 1,
  async measure(_peer, _name, mode) {
    const size = sizeFor(mode);
    return onStage('ours', {}, async (stage) => {
      const sockets = await fill(stage, size);
      const { server, load, port } = stage;
      const forMs = size.spanMs * size.spans * 3;
      const pinging = load.ask('pingEvery', { everyMs: PING_EVERY_MS, forMs });
      await server.ask('replyOnAndOn', {
        threads: names(size.replies),
        perSecond: WORDS_PER_SECOND,
      });
      const url = `http://127.0.0.1:${port}/dashboard#/sessions`;
      const cost = await measureCost(stage, url, size);
      const answers = await measureAnswers(
        url,
        sockets < size.sessions ? FIRST.stored : FIRST.onSocket,
      );
      await server.ask('stopReplying');
      await pinging;
      return { 'real sockets': sockets, ...cost, ...answers };
    });
  },
  ratios: [],
  targets: [
    { metric: 'server CPU more, % of a core', atMost: 5 },
    { metric: 'page kB/s', atMost: 50 },
    { metric: 'page heap MB', atMost: 150 },
    { metric: 'session opened ms', atMost: 100 },
    { metric: 'list ordered ms', atMost: 100 },
    { metric: 'threads found ms', atMost: 200 },
    { metric: 'frame ms, p95', atMost: 1_000 / 60 + 1 },
  ],
};

/** As many sessions on sockets as files may be open, the rest in the store. Resolves with how many there are on sockets. */
async function fill({ server, connect }: Stage, size: Size): Promise<number> {
  const sockets = Math.min(size.sessions, Math.floor(openFilesAllowed() * SHARE_OF_FILES));
  await server.ask('fillStore', {
    sessions: size.sessions - sockets,
    threads: names(size.threads, THREAD_PREFIX),
  });
  await connect(names(sockets), 1);
  return sockets;
}

async function measureCost({ server }: Stage, url: string, { spanMs, spans }: Size) {
  const loads: { readonly without: number; readonly with: number }[] = [];
  const rates: number[] = [];
  let heapBytes = 0;
  const load = async () => {
    const before = await server.ask('usage');
    await pause(spanMs);
    const after = await server.ask('usage');
    return (after.cpuUs - before.cpuUs) / 10 / (after.at - before.at);
  };
  for (let span = 0; span < spans; span += 1) {
    const without = await load();
    const page = await WatchedPage.open(url);
    await page.page.waitForSelector('.session-row a');
    page.watch();
    const bytes = page.bytes;
    loads.push({ without, with: await load() });
    rates.push((page.bytes - bytes) / spanMs);
    heapBytes = Math.max(heapBytes, page.heapBytes);
    await page.close();
  }
  const more = loads.map((each) => each.with - each.without);
  return {
    'server CPU without, % of a core': median(loads.map(({ without }) => without)),
    'server CPU more, % of a core': median(more),
    'page kB/s': median(rates),
    'page heap MB': heapBytes / 1e6,
  };
}

/** @param first how the first thread in their order begins */
async function measureAnswers(url: string, first: string) {
  const page = await WatchedPage.open(url);
  const row = '.grid-body .session-row [data-column="thread"] a';
  await page.page.waitForSelector(row);
  const frameMs = await page.frameMs();
  await page.page.goto(`${url}?sort=thread_id`);
  await page.page.waitForFunction(
    ([selector = '', begin = '']) =>
      document.querySelector(selector)?.textContent?.startsWith(begin) === true,
    [row, first],
  );
  const ordered: number[] = [];
  const opened: number[] = [];
  const found: number[] = [];
  const order = (begin: string) =>
    page.after({
      click: '[role="columnheader"][data-column="thread"] button',
      shows: row,
      begin,
    });
  for (let turn = 0; turn < TURNS; turn += 1) {
    ordered.push(await order(LAST));
    opened.push(
      await page.after({
        click: '.grid-body .session-row [data-column="session"] a',
        shows: '.facts dd',
        begin: LAST,
      }),
    );
    await page.page.goBack();
    await page.page.waitForSelector(row);
    ordered.push(await order(first));
  }
  await page.page.goto(url.replace('#/sessions', '#/threads'));
  await page.page.waitForSelector('table.plain tbody tr');
  for (let turn = 0; turn < TURNS; turn += 1) {
    const text = `${THREAD_PREFIX}-19${turn}`;
    found.push(
      await page.after({
        into: 'input[type="search"]',
        text,
        shows: 'table.plain tbody th',
        begin: text,
      }),
    );
  }
  await page.close();
  return {
    'list ordered ms': median(ordered),
    'session opened ms': median(opened),
    'threads found ms': median(found),
    'frame ms, p95': frameMs,
  };
}

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((one, other) => one - other),
    0.5,
  );

function openFilesAllowed(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024);
}
