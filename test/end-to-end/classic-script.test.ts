import { createRequire } from 'node:module';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { openContext, servePage } from '../support/browser.js';
import { EVENT } from '../support/client.js';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const PAGE = `<!doctype html>
<title>A page without a build step</title>
<script src="/socket.io.js"></script>
<script src="/session_monitor.js"></script>
<script>
  window.seen = [];
  const socket = io({ transports: ['polling', 'websocket'] });
  const monitor = new SessionMonitor(socket, { thread_id: 'classic' });
  window.monitor = monitor;
  socket.on('${EVENT}', ({ n }) => seen.push(n));
  monitor.on('registered', ({ outcome }) => { window.outcome = outcome; });
  monitor.start();
</script>`;

interface PageWindow {
  readonly seen: number[];
  readonly outcome: string;
  readonly monitor: { readonly status: { readonly session_id: string } };
}

describe('session_monitor.js, the classic script', () => {
  test('gives a page window.SessionMonitor, and a reload finds the session again', async (lab) => {
    const app = await lab.app();
    const page = await (await openContext(lab)).newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await servePage(page, '/page.html', PAGE);
    await page.goto(`${app.url}/page.html`);
    const look = () =>
      page.evaluate(() => {
        const { seen, outcome, monitor } = window as unknown as PageWindow;
        return { seen, outcome, session_id: monitor.status.session_id };
      });

    await publish(app, 'classic', 1, 50);
    const first = await until('all applied', async () => {
      const state = await look();
      return state.seen.length === 50 && state;
    });
    expect(first).toMatchObject({ outcome: 'new', seen: times(50, (index) => index + 1) });
    // One name in the page's scope, and its error class; no helper.
    const globals = await page.evaluate(() =>
      Object.keys(window).filter((key) => /session/i.test(key)),
    );
    expect(globals).toEqual(expect.arrayContaining(['SessionMonitor', 'SessionMonitorError']));
    expect(globals.filter((key) => key.startsWith('Session')).length).toBe(2);

    await page.reload();
    const again = await until('replayed', async () => {
      const state = await look();
      return state.seen.length === 50 && state;
    });
    expect(again).toEqual({ ...first, outcome: 'resumed' });
    expect(errors).toEqual([]);
  });

  test('is served with an ETag, so that a page loads it again only when it has changed', async (lab) => {
    const app = await lab.app();
    const response = await fetch(`${app.url}/session_monitor.js`);
    expect(response.headers.get('content-type')).toContain('text/javascript');
    const etag = response.headers.get('etag') ?? '';
    const again = await fetch(`${app.url}/session_monitor.js`, {
      headers: { 'if-none-match': etag },
    });
    expect([response.status, again.status]).toEqual([200, 304]);
  });

  test("is what require('./session_monitor.js').SessionMonitor gives in Node", async (lab) => {
    const app = await lab.app();
    const require = createRequire(import.meta.url);
    const path = require.resolve('@session-monitor/client/session_monitor.js');
    const { SessionMonitor } = require(path);
    const { socket } = lab.client(app.url, { idle: true });
    const monitor = new SessionMonitor(socket, { thread_id: 'required' });
    expect(monitor.start()).toBe(monitor);
    const seen: unknown[] = [];
    socket.on(EVENT, (data) => seen.push(data));
    await app.sessions.publish('required', EVENT, { n: 1 });
    await until('applied', () => seen.length === 1);
    expect(monitor.stop()).toBe(monitor);
    expect(() => new SessionMonitor(socket).start()).toThrow(
      expect.objectContaining({
        code: 'ERR_NO_THREAD_ID',
        message: expect.stringContaining("start('my-thread')"),
      }),
    );
  });
});
