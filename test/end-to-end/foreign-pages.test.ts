/**
 * A page of another origin, in a real Chromium, tries every way to a private thread that a browser offers. It must
 * neither read nor write. The same script on the server's own page shows that the ways work.
 */

import { createMemoryStore } from '@session-monitor/server';
import type { Page } from 'playwright-core';
import type { AppConfig } from 'session-monitor';
import { describe, expect } from 'vitest';
import { openContext, servePage } from '../support/browser.js';
import { serveFiles } from '../support/file-server.js';
import { type Lab, test } from '../support/lab.js';

const THREAD = 'private-diary';
const SECRET = 'only its owner may read this';
const COOKIE = 'login=alice';

const PRODUCTION = {
  mode: 'production',
  authorize: ({ headers, auth }) =>
    headers.cookie?.includes(COOKIE) === true || auth.login === 'alice',
} as const satisfies Partial<AppConfig>;

describe.each(['development', 'production'] as const)('in %s', (mode) => {
  test('a foreign page neither reads nor writes', async (lab) => {
    const { url, page, written } = await stage(lab, mode);
    for (const origin of await foreignOrigins(lab, mode)) {
      await page.goto(origin);
      expect(await attack(page, url), origin).toEqual({ read: [], written: [] });
    }
    expect(await written()).toBe(1);
  });

  test('the server’s own page reads and writes, but not by JSONP', async (lab) => {
    const { url, page, written } = await stage(lab, mode);
    await servePage(page, '/own.html', '<!doctype html><title>Own</title>');
    await page.goto(`${url}/own.html`);
    expect(await attack(page, url)).toEqual({
      read: ['websocket', 'fetch', 'EventSource'],
      written: ['websocket', 'json post'],
    });
    expect(await written()).toBe(3);
  });
});

async function stage(lab: Lab, mode: 'development' | 'production') {
  const app = await lab.app(
    mode === 'production'
      ? { ...PRODUCTION, store: { ...createMemoryStore(), durable: true } }
      : {},
  );
  await app.sessions.publish(THREAD, 'note', SECRET);
  const context = await openContext(lab);
  await context.addCookies([{ name: 'login', value: 'alice', url: app.url, sameSite: 'Lax' }]);
  const page = await context.newPage();
  const written = async () => app.sessions.publish(THREAD, 'count', null).then((n) => n - 1);
  return { url: app.url, page, written };
}

/** In production any other port of the same host is foreign, too, and a browser sends cookies along from there. */
async function foreignOrigins(lab: Lab, mode: string): Promise<readonly string[]> {
  const site = await serveFiles(
    new Map([['/', ['text/html', '<!doctype html><title>Evil</title>']]]),
  );
  lab.defer(() => site.close());
  const elsewhere = site.origin.replace('127.0.0.1', 'evil.example');
  return mode === 'production' ? [elsewhere, site.origin] : [elsewhere];
}

interface Loot {
  /** The ways that led to the thread's text. */
  readonly read: readonly string[];
  /** The ways on which the server has confirmed an event. */
  readonly written: readonly string[];
}

/** Runs in the page. */
function attack(page: Page, url: string): Promise<Loot> {
  return page.evaluate(
    async ({ url, thread_id, secret }) => {
      const read: string[] = [];
      const written: string[] = [];
      const engine = `${url}/socket.io/?EIO=4`;
      const event = { event: 'note', data: 'from a page' };
      const registration = {
        protocol: 2,
        thread_id,
        instance: 'evil-instance-0001',
        attempt: 1,
        since: 'start',
        client: { name: 'evil', version: '1' },
      };
      /** Long enough to distinguish a refusal from a slow answer on a busy machine. */
      const within = <T>(what: Promise<T>): Promise<T | undefined> =>
        Promise.race([
          what.catch(() => undefined),
          new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 3_000)),
        ]);

      /** One script that calls back with a poll's answer. */
      const poll = (query: string) =>
        new Promise<string>((resolve, reject) => {
          const script = document.createElement('script');
          Object.assign(globalThis, { ___eio: [resolve] });
          script.onerror = () => reject(new Error('refused'));
          script.src = `${engine}&transport=polling&j=0${query}`;
          document.head.append(script);
        });
      const byJsonp = async () => {
        const { sid } = JSON.parse((await poll('')).slice(1)) as { sid: string };
        const post = (packet: string) =>
          fetch(`${engine}&transport=polling&j=0&sid=${sid}`, {
            method: 'POST',
            mode: 'no-cors',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: `d=${encodeURIComponent(packet)}`,
          });
        await post('40{"login":"alice"}');
        await post(`420${JSON.stringify(['register_session', registration])}`);
        for (let round = 0; round < 5; round += 1) {
          const text = await poll(`&sid=${sid}`);
          const [, session_id, generation] =
            /"session_id":"([\w-]+)".*?"generation":(\d+)/.exec(text) ?? [];
          if (session_id !== undefined) {
            const sent = {
              session_id,
              generation: Number(generation),
              message_id: 'evil-1',
              ...event,
            };
            await post(`421${JSON.stringify(['thread_send', sent])}`);
          }
          if (text.includes(secret)) read.push('jsonp');
          if (/431\[\{"ok":true/.test(text)) written.push('jsonp');
        }
      };

      const byWebSocket = () =>
        new Promise<void>((resolve, reject) => {
          const socket = new WebSocket(`${engine.replace('http', 'ws')}&transport=websocket`);
          let isRead = false;
          socket.onerror = () => reject(new Error('refused'));
          socket.onmessage = ({ data }: { data: string }) => {
            if (data.startsWith('0{')) socket.send('40{"login":"alice"}');
            if (data.startsWith('40')) {
              socket.send(`420${JSON.stringify(['register_session', registration])}`);
            }
            if (data.startsWith('430[')) {
              const [{ session_id, generation }] = JSON.parse(data.slice(3)) as [
                { session_id: string; generation: number },
              ];
              const sent = { session_id, generation, message_id: 'evil-2', ...event };
              socket.send(`421${JSON.stringify(['thread_send', sent])}`);
            }
            if (data.includes(secret)) isRead = true;
            if (data.startsWith('431[') && data.includes('"offset"')) {
              written.push('websocket');
              if (isRead) read.push('websocket');
              socket.close();
              resolve();
            }
          };
        });

      const events = `${url}/threads/${thread_id}/events`;
      const byFetch = async () => {
        const response = await fetch(events, { headers: { accept: 'application/json' } });
        if ((await response.text()).includes(secret)) read.push('fetch');
      };
      const byEventSource = () =>
        new Promise<void>((resolve, reject) => {
          const source = new EventSource(events, { withCredentials: true });
          source.onerror = () => {
            source.close();
            reject(new Error('refused'));
          };
          source.onmessage = ({ data }: { data: string }) => {
            source.close();
            if (data.includes(secret)) read.push('EventSource');
            resolve();
          };
        });
      const byPost = async (name: string, type: string, mode: 'cors' | 'no-cors') => {
        const response = await fetch(events, {
          method: 'POST',
          mode,
          credentials: 'include',
          headers: { 'content-type': type },
          body: JSON.stringify(event),
        });
        if (response.ok) written.push(name);
      };
      const byForm = () =>
        new Promise<void>((resolve) => {
          const frame = document.createElement('iframe');
          frame.name = 'answer';
          frame.onload = () => resolve();
          const form = document.createElement('form');
          Object.assign(form, {
            action: events,
            method: 'post',
            target: 'answer',
            enctype: 'text/plain',
          });
          const field = document.createElement('input');
          Object.assign(field, { name: '{"event":"note","data":"', value: '"}' });
          form.append(field);
          document.body.append(frame, form);
          form.submit();
        });

      await within(byJsonp());
      await within(byWebSocket());
      await within(byFetch());
      await within(byEventSource());
      await within(byPost('text post', 'text/plain', 'no-cors'));
      await within(byPost('form post', 'application/x-www-form-urlencoded', 'no-cors'));
      await within(byPost('json post', 'application/json', 'cors'));
      await within(byForm());
      return { read, written };
    },
    { url, thread_id: THREAD, secret: SECRET },
  );
}
