import { describe, expect } from 'vitest';
import { PATIENT } from '../support/app.js';
import { EVENT, TRANSPORT_CASES } from '../support/client.js';
import { test } from '../support/lab.js';
import { times, until } from '../support/until.js';

const EVENTS = 500;

describe('a half-open connection', () => {
  for (const transport of TRANSPORT_CASES) {
    test(`is detected, and events published meanwhile are applied once (${transport})`, async (lab) => {
      // Engine.IO's own heartbeat is slow here, as by default, so that the monitor must detect it.
      const { app, proxy } = await lab.proxiedApp({ socketIo: PATIENT });
      const { monitor, seen, ...client } = lab.client(proxy.url, {
        thread_id: 'half-open',
        transport,
        pingInterval: 300,
      });
      await until('live and measured', () => monitor.status.rtt_ms !== null);
      await app.sessions.publish('half-open', EVENT, { n: 0 });
      await until('the first is applied', () => seen.length === 1);

      // It may be over before the last event is published. A connection that is only slow is degraded.
      let noticed = false;
      lab.defer(
        monitor.subscribe(({ state }) => {
          noticed ||= state === 'recovering';
        }),
      );
      proxy.blackHole();
      for (let n = 1; n <= EVENTS; n += 1) await app.sessions.publish('half-open', EVENT, { n });

      await until('it is noticed', () => {
        // A client that polls may have been between two connections.
        if (!noticed) proxy.blackHole();
        return noticed;
      });
      await until('all applied', () => seen.length > EVENTS, { state: () => monitor.status });
      expect(seen).toEqual(times(EVENTS + 1, (n) => n));
      // A client that polls may have got the last event before its connection was given up.
      await until('it is back', () => client.receipts.length > 1);
      expect(client.receipts.at(-1)?.outcome).toBe('resumed');
      expect(client.gaps).toEqual([]);
      expect(client.resets).toEqual([]);
      // The server would notice the dead connection in 45 s.
      app.io.disconnectSockets(true);
    }, 60_000);
  }
});
