import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { openContext, servePage } from '../support/browser.js';
import { EVENT } from '../support/client.js';
import { test } from '../support/lab.js';
import { until } from '../support/until.js';

const THREAD = 'idle-thread';

/** Shortens half an hour to less than a second. */
const QUICK = { idleAfterMs: 200, expireAfterMs: 600, sweepIntervalMs: 10 } as const;
/** For clients that answer. A busy machine may take a second for an answer. */
const ANSWERED = { ...QUICK, expireAfterMs: 2_000 } as const;
/** This many pings take longer than the expiry time of a session without answers. */
const PINGS = 1 + ANSWERED.expireAfterMs / ANSWERED.idleAfterMs;
/** Longer than a busy machine may delay a stream. */
const PATIENT = { ...QUICK, idleAfterMs: 1_000, expireAfterMs: 1_500 } as const;

describe('a session without activity', () => {
  test('is asked, answers, and stays (v1)', async (lab) => {
    const { app, lines } = await lab.loggedApp({ settings: ANSWERED });
    const client = lab.v1Client(app.url);
    client.socket.on('system_ping', ({ timestamp }) => {
      const received_at = new Date().toISOString();
      client.socket.emit('system_ping_response', { thread_id: THREAD, timestamp, received_at });
    });
    await client.register(THREAD);
    await until('asked again and again', () => client.of('system_ping').length >= PINGS);
    expect(client.of('system_ping')[0]).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-/),
      message: expect.any(String),
    });
    expect(app.sessions.stats().sessions).toBe(1);
    expect(client.of('session_expired')).toEqual([]);
    const answers = lines.filter(({ step }) => step === 'system_ping_response');
    expect(answers.length).toBeGreaterThanOrEqual(PINGS - 1);
    expect(answers[0]).toMatchObject({ thread_id: THREAD, waited_ms: expect.any(Number) });
  });

  test('is acknowledged when it answers', async (lab) => {
    const app = await lab.app();
    const client = await lab.registeredV1Client(app.url, THREAD);
    const now = new Date().toISOString();
    const answer = { thread_id: THREAD, timestamp: now, received_at: now };
    expect(await client.socket.emitWithAck('system_ping_response', answer)).toEqual({
      status: 'acknowledged',
      timestamp: expect.stringMatching(/^\d{4}-/),
    });
  });

  test('is asked, answers, and stays (v2)', async (lab) => {
    const { app, lines } = await lab.loggedApp({
      settings: { ...ANSWERED, pingIntervalMs: 60_000 },
    });
    const client = lab.client(app.url, { thread_id: THREAD, pingInterval: 60_000 });
    const steps = (name: string) => lines.filter(({ step }) => step === name);
    await until('answers', () => steps('system_ping_response').length >= PINGS);
    expect(steps('idle').length).toBeGreaterThanOrEqual(PINGS);
    expect(steps('expire')).toEqual([]);
    expect(client.receipts.length).toBe(1);
  });

  test('that does not answer expires and gets the reason; its client comes back (v1)', async (lab) => {
    const { app, lines } = await lab.loggedApp({ settings: QUICK });
    const client = await lab.registeredV1Client(app.url, THREAD);
    const first = client.socket.id;
    await until('expired', () => client.of('session_expired').length === 1);
    expect(client.of('session_expired')[0]).toEqual({
      session_id: first,
      reason: 'idle',
      detail: expect.stringMatching(
        /^Expired at .* without activity; a system_ping was not answered/,
      ),
    });
    expect(client.of('system_ping').length).toBe(1);
    await until('traced', () => lines.some(({ step }) => step === 'expire'));
    expect(lines.find(({ step }) => step === 'expire')).toMatchObject({ reason: 'idle' });
    await until('back', () => client.socket.connected && client.socket.id !== first);
    await client.register(THREAD);
    client.socket.disconnect();
  });

  test('that merely reads a stream stays', async (lab) => {
    const { app, lines } = await lab.loggedApp({ settings: PATIENT });
    const client = await lab.registeredV1Client(app.url, THREAD, 'websocket');
    const last = await publishFor(app, 3 * PATIENT.expireAfterMs);
    await until('all applied', () => client.seen.length === last);
    expect(lines.filter(({ step }) => step === 'idle' || step === 'expire')).toEqual([]);
  });

  test('of a frozen page expires; the thawed page gets the reason and misses nothing', async (lab) => {
    const app = await lab.app({
      settings: { ...QUICK, expireAfterMs: 3_000, pingIntervalMs: 60_000 },
      socketIo: { pingInterval: 25_000, pingTimeout: 20_000 },
    });
    const page = await (await openContext(lab)).newPage();
    await servePage(page, '/page.html', PAGE);
    await page.goto(`${app.url}/page.html`);
    const look = () => page.evaluate(() => (window as unknown as { log: PageLog }).log);
    await until('live', async () => (await look()).receipts.length === 1);
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('applied', async () => (await look()).seen.length === 1);

    // A frozen page runs no scripts.
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Debugger.enable');
    await cdp.send('Debugger.pause');
    const frozen = page.evaluate(() => 'thawed');
    await until('expired', () => app.sessions.stats().sessions === 0);
    await app.sessions.publish(THREAD, EVENT, { n: 2 });
    await cdp.send('Debugger.resume');
    await frozen;

    await until('applied', async () => (await look()).seen.length === 2);
    const { receipts, expired, seen } = await look();
    expect(expired).toEqual(['idle']);
    // The page may have been frozen before it acknowledged anything: then no tombstone says why.
    expect(receipts).toEqual(['new', expect.stringMatching(/^new (expired|unknown_session)$/)]);
    expect(seen).toEqual([1, 2]);
  });

  test('of a page that the browser had frozen is traced when the page goes on', async (lab) => {
    const { app, lines } = await lab.loggedApp({
      settings: { pingIntervalMs: 100 },
      socketIo: { pingInterval: 25_000, pingTimeout: 20_000 },
    });
    const page = await (await openContext(lab)).newPage();
    await servePage(page, '/page.html', PAGE.replace('pingInterval: 60000', 'pingInterval: 100'));
    await page.goto(`${app.url}/page.html`);
    await until('it pings', () => lines.some(({ step }) => step === 'ping'));
    expect(lines.some(({ step }) => step === 'frozen')).toBe(false);
    // Chromium freezes only a hidden page, and one that is driven never is. So its events are the test's.
    const fire = (name: string) =>
      page.evaluate((event) => document.dispatchEvent(new Event(event)), name);
    await fire('freeze');
    await fire('resume');
    const frozen = () => lines.filter(({ step }) => step === 'frozen');
    await until('it says so', () => frozen().length > 0);
    expect(frozen()[0]).toMatchObject({ thread_id: THREAD, frozen_ms: expect.any(Number) });
    const pings = () => lines.filter(({ step }) => step === 'ping').length;
    const before = pings();
    await until('it pings on', () => pings() > before + 2);
    // Each ping tells of it for a minute.
    expect(frozen()).toHaveLength(1);
    await page.close();
  });

  test('reports user activity with its pings', async (lab) => {
    const app = await lab.app({ settings: { pingIntervalMs: 100 } });
    const page = await (await openContext(lab)).newPage();
    await servePage(page, '/page.html', PAGE);
    await page.goto(`${app.url}/page.html`);
    const info = async () => {
      const response = await fetch(`${app.url}/debug/thread-sessions?thread_id=${THREAD}`);
      const { active_sessions } = await response.json();
      return active_sessions[0]?.client_info;
    };
    // A page that comes back on a new connection reports it again, with its next ping.
    let told = await info();
    await until('told', async () => {
      told = await info();
      return told !== null && told !== undefined;
    });
    expect(told).toEqual({ visible: true, online: true, last_input_at: null });
    await page.mouse.move(10, 10);
    await page.mouse.down();
    await until('input reported', async () => {
      told = await info();
      return typeof told?.last_input_at === 'string';
    });
    expect(told.last_input_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    await page.close();
  });
});

interface PageLog {
  readonly seen: number[];
  readonly receipts: string[];
  readonly expired: string[];
}

const PAGE = `<!doctype html>
<script src="/socket.io.js"></script>
<script src="/session_monitor.js"></script>
<script>
  window.log = { seen: [], receipts: [], expired: [] };
  const socket = io({ transports: ['websocket'] });
  const monitor = new SessionMonitor(socket, { thread_id: '${THREAD}', pingInterval: 60000 });
  socket.on('${EVENT}', ({ n }) => log.seen.push(n));
  monitor.on('registered', ({ outcome, reason }) => {
    log.receipts.push(reason ? outcome + ' ' + reason : outcome);
  });
  monitor.on('expired', ({ reason }) => log.expired.push(reason));
  monitor.start();
</script>`;

/** Publishes at intervals for this time. Resolves with the number of events. */
async function publishFor(app: TestApp, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let n = 0;
  while (performance.now() < end) {
    n += 1;
    await app.sessions.publish(THREAD, EVENT, { n });
    const next = performance.now() + QUICK.idleAfterMs / 10;
    await until('a moment later', () => performance.now() >= next);
  }
  return n;
}
