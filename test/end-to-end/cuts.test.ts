import { describe, expect } from 'vitest';
import { EVENT, type TestClient, TRANSPORT_CASES } from '../support/client.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const EVENTS = 2_000;
const CUTS = 20;

describe('a connection that is cut again and again', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`applies ${EVENTS} events over ${CUTS} cuts once each, in order (${transport})`, async (lab) => {
      const { app, proxy } = await lab.proxiedApp();
      const client = lab.client(proxy.url, { thread_id: 'cuts', transport });
      const { monitor, seen } = client;
      await until('live', () => monitor.status.state === 'live');

      let cuts = 0;
      for (let n = 1; n <= EVENTS; n += 1) {
        await app.sessions.publish('cuts', EVENT, { n });
        if (n % (EVENTS / CUTS) !== 0) continue;
        // Every other cut hits a session that is live, the rest one that has just connected.
        if (cuts % 2 === 0) await until('live', () => monitor.status.state === 'live');
        await cutUntilNoticed(proxy, client);
        cuts += 1;
        await until('reconnected', () => monitor.status.reconnects >= cuts);
      }

      await until('all applied', () => seen.length >= EVENTS, { state: () => monitor.status });
      expect(monitor.status.reconnects).toBeGreaterThanOrEqual(CUTS);
      expect(seen).toEqual(times(EVENTS, (index) => index + 1));
      expect(client.offsets).toEqual(seen);
      expect(client.gaps).toEqual([]);
      expect(client.resets).toEqual([]);
      expect(client.receipts.slice(1).every(({ outcome }) => outcome === 'resumed')).toBe(true);
      expect(client.receipts.length).toBeGreaterThanOrEqual(CUTS / 2);
      expect(client.errors).toEqual([]);
    }, 60_000);
  }
});

/** A polling client may have no connection to cut between two polls, and would not notice. */
async function cutUntilNoticed(proxy: FaultProxy, { monitor }: TestClient): Promise<void> {
  const { reconnects } = monitor.status;
  await until('the client has noticed the cut', () => {
    const { state } = monitor.status;
    if (state === 'recovering' || monitor.status.reconnects > reconnects) return true;
    proxy.cut();
    return false;
  });
}
