/** The demo page draws replies as Markdown, safely, and redraws only what has changed. */

import type { Part, Responder } from '@session-monitor/server';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { DemoDriver } from '../support/demo-page.js';
import { postMessage } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { hold } from '../support/until.js';

/** What a page must show as text, and neither run nor load. Each sets `window.harmed` if it succeeds. */
const HARM = 'window.harmed=1';
const PAYLOADS: readonly string[] = [
  `<script>${HARM}</script>`,
  `<img src=x onerror="${HARM}">`,
  `<svg onload="${HARM}"><animate onbegin="${HARM}" attributeName=x dur=1s>`,
  `<svg><script>${HARM}</script></svg>`,
  `<iframe srcdoc="<script>parent.${HARM}</script>"></iframe>`,
  `<body onload="${HARM}"><base href="https://evil.example/">`,
  `<details open ontoggle="${HARM}">x</details>`,
  `<a href="javascript:${HARM}">x</a>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${HARM}"></style></mglyph></table></mtext></math>`,
  `<noscript><p title="</noscript><img src=x onerror=${HARM}>"></noscript>`,
  `<template><img src=x onerror="${HARM}"></template>`,
  `<style>@import url(https://evil.example/x.css)</style>`,
  `<link rel=stylesheet href=https://evil.example/x.css>`,
  `<meta http-equiv=refresh content="0;url=javascript:${HARM}">`,
  `<form action="javascript:${HARM}"><button>x</button></form>`,
  `<!-- --!><img src=x onerror="${HARM}">-->`,
  `<![CDATA[<img src=x onerror="${HARM}">]]>`,
  `[x](javascript:${HARM})`,
  `[x](JaVaScRiPt:${HARM})`,
  `[x](java\tscript:${HARM})`,
  `[x](&#106;avascript:${HARM})`,
  `[x](javascript&colon;${HARM})`,
  `[x](\u0001javascript:${HARM})`,
  `[x]( javascript:${HARM} )`,
  `[x](<javascript:${HARM}>)`,
  `[x](vbscript:${HARM})`,
  `[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)`,
  `[x](file:///etc/passwd)`,
  `[x](//evil.example/x)`,
  `[x](/threads)`,
  `[x][1]\n\n[1]: javascript:${HARM}`,
  `<javascript:${HARM}>`,
  `![x](https://evil.example/pixel.png)`,
  `![x](x" onerror="${HARM})`,
  `[x](https://ok.example/" onclick="${HARM})`,
  `[x](https://ok.example "\\" onclick=${HARM}")`,
  `[<img src=x onerror="${HARM}">](https://ok.example)`,
  `**<img src=x onerror="${HARM}">**`,
  `\`<img src=x onerror="${HARM}">\``,
  `\`\`\`"><img src=x onerror="${HARM}">\n<script>${HARM}</script>\n\`\`\``,
  `# <img src=x onerror="${HARM}">`,
  `> - <img src=x onerror="${HARM}">`,
  `__proto__ constructor.prototype {{constructor.constructor("${HARM}")()}}`,
  '\u0000\u202e\ufeff<script>',
  '>'.repeat(3_000),
  '[a]('.repeat(1_000),
  '*_'.repeat(2_000),
];

/** The permitted elements of a reply, and their attributes. */
const TAGS = ['p', 'h3', 'h4', 'ul', 'ol', 'li', 'blockquote', 'pre', 'hr'];
const INLINE_TAGS = ['em', 'strong', 'code', 'a', 'br', 'mark'];
const ATTRIBUTES = ['href', 'rel', 'target', 'start', 'tabindex'];

const message = (delta: string): Part => ({ type: 'message', delta });

/** Everything in the replies of a page that is not text. */
const contentOf = (page: Page) =>
  page.$$eval('.text *', (elements) => ({
    tags: [...new Set(elements.map(({ localName }) => localName))],
    attributes: [...new Set(elements.flatMap((element) => element.getAttributeNames()))],
    links: elements
      .filter((element) => element instanceof HTMLAnchorElement)
      .map(({ href, rel }) => ({ href, rel })),
  }));

describe('a malicious reply', () => {
  test('is text, letter by letter and as a whole', async (lab) => {
    const responder: Responder = async function* ({ user_input }) {
      const payload = PAYLOADS[Number(user_input)] ?? '';
      yield { type: 'analysis', text: payload };
      yield { type: 'knowledge', title: payload };
      // A growing payload may contain markup that only its end closes.
      for (const letter of payload.slice(0, 400)) yield message(letter);
      yield message(payload.slice(400));
      yield { type: 'next_action', text: payload, question: payload };
    };
    const { demo, ask } = await open(lab, responder);
    const { page, thread } = demo;
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).host));
    page.on('popup', (popup) => demo.errors.push(`popup ${popup.url()}`));
    page.on('dialog', (dialog) => demo.errors.push(`dialog ${dialog.message()}`));
    for (const index of PAYLOADS.keys()) await ask(String(index));
    await demo.waits('all of them', async () => {
      const turns = await demo.turns();
      return (
        turns.length === PAYLOADS.length && turns.every(({ status }) => status === 'completed')
      );
    });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await expectHarmless(demo, requests);

    // After the reload the page reads each reply from the log, in one event.
    await page.reload();
    await demo.waits('all of them', async () => (await demo.turns()).length === PAYLOADS.length);
    await expectHarmless(demo, requests);
    const shown = await demo.turns();
    PAYLOADS.forEach((payload, index) => {
      if (!payload.startsWith('<') || payload.includes('*')) return;
      expect(shown[index]?.text.replace(/\s+/g, ' ')).toBe(payload.replace(/\s+/g, ' '));
    });
    expect(demo.thread).toBe(thread);
  }, 120_000);

  test('is text as a message, as a title, and as the name of a conversation', async (lab) => {
    const { demo } = await open(lab, async function* () {
      yield message('Well.');
    });
    const question = `<img src=x onerror="${HARM}"> **a** [x](javascript:${HARM})`;
    await demo.ask(question);
    await demo.isAnswered();
    expect((await demo.turns())[0]?.question).toBe(question);
    await expect.poll(() => demo.text('#thread-list')).toContain('onerror');
    expect(await demo.page.$$('main img, #threads img, .question a')).toEqual([]);
    await expectHarmless(demo, []);
  });
});

describe('a reply', () => {
  test('is drawn as Markdown, with links that lead away from the page', async (lab) => {
    const source = [
      '# Title\n\nOne *two* **three** `four`\nfive.\n\n',
      '- a\n- b\n\n3. c\n4. d\n\n> quoted\n\n',
      '```js\nconst a = 1;\n```\n\n---\n\n[link](https://ok.example/x) <http://ok.example>\n',
    ];
    const { demo, ask } = await open(lab, async function* () {
      for (const part of source) yield message(part);
    });
    const announced = await demo.recordAnnouncements();
    await ask('Show it');
    await demo.isAnswered();
    const { tags, links } = await contentOf(demo.page);
    expect(tags.sort()).toEqual(
      [...TAGS, ...INLINE_TAGS].filter((tag) => !['h4', 'br', 'mark'].includes(tag)).sort(),
    );
    const rel = 'noopener noreferrer';
    expect(links).toEqual([
      { href: 'https://ok.example/x', rel },
      { href: 'http://ok.example/', rel },
    ]);
    expect((await demo.turns())[0]?.text.split(/\n+/)).toEqual([
      ...['Title', 'One two three four', 'five.', 'a', 'b', 'c', 'd', 'quoted'],
      ...['const a = 1;', 'link http://ok.example'],
    ]);
    await expect.poll(announced).toContainEqual(expect.stringMatching(/^Reply: Title\n/));
  });

  test('that grows keeps the blocks before its last one, and a selection in them', async (lab) => {
    const { released, release } = hold();
    const { demo } = await open(lab, async function* () {
      yield message('The first block.\n\n- one\n- two\n\nThe last');
      await released;
      for (let n = 0; n < 200; n += 1) yield message(` word${n}`);
      yield message('\n\nAnd another one.');
    });
    const { page } = demo;
    await demo.ask('Grow');
    await demo.waits('the last block', async () =>
      /The last$/.test((await demo.turns())[0]?.text ?? ''),
    );
    await page.evaluate(() => {
      const text = document.querySelector('.text') as HTMLElement;
      const changed: string[] = [];
      Object.assign(window, { changed });
      new MutationObserver((records) => {
        for (const { target, addedNodes, removedNodes } of records) {
          const block = [...text.children].findIndex((child) => child.contains(target));
          changed.push(`${block} +${addedNodes.length} -${removedNodes.length}`);
        }
      }).observe(text, { childList: true, characterData: true, subtree: true });
      getSelection()?.selectAllChildren(text.children[0] as Element);
    });
    release();
    await demo.waits('all of it', () => demo.endsAs('completed'));
    expect(await page.evaluate(() => String(getSelection()).trim())).toBe('The first block.');
    const changed = await page.evaluate(
      () => (window as unknown as { changed: readonly string[] }).changed,
    );
    // Characters were added to the third block, then a fourth one to the text itself.
    expect([...new Set(changed)].sort()).toEqual(['-1 +1 -0', '2 +0 -0']);
  });
});

async function expectHarmless(demo: DemoDriver, requests: readonly string[]): Promise<void> {
  const { page } = demo;
  const { tags, attributes, links } = await contentOf(page);
  expect(tags.filter((tag) => ![...TAGS, ...INLINE_TAGS].includes(tag))).toEqual([]);
  expect(attributes.filter((name) => !ATTRIBUTES.includes(name))).toEqual([]);
  for (const { href, rel } of links) {
    expect(href).toMatch(/^https?:\/\/(ok|evil)\.example\//);
    expect(rel).toBe('noopener noreferrer');
  }
  expect(await page.evaluate(() => 'harmed' in window)).toBe(false);
  expect(await page.title()).toMatch(/Session Monitor$/);
  expect(demo.errors).toEqual([]);
  expect(requests.filter((host) => !host.startsWith('127.0.0.1'))).toEqual([]);
}

async function open(lab: Lab, responder: Responder) {
  const { url } = await lab.app({ responder, settings: { maxRunsPerThread: 100 } });
  const demo = await DemoDriver.open(await openContext(lab), url);
  const ask = async (user_input: string): Promise<void> => {
    await (await postMessage(url, demo.thread, user_input)).text();
  };
  return { demo, ask };
}
